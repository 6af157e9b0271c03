"""One verb a file, one transaction each: what the product does, without a word of HTTP, Redis or arq."""
