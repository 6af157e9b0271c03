"""The whole road, in one process: upload, generate, and the result on the stream; one charge an image."""

from __future__ import annotations

from tests.studio import Studio, jpeg


async def test_an_upload_goes_pending_saving_completed(studio: Studio) -> None:
    image = await studio.upload(jpeg(640, 480))
    assert image["status"] == "pending"
    done = await studio.tab.finished(image["id"])
    assert (done["status"], done["width"], done["height"]) == ("completed", 640, 480)
    assert set(done["renditions"]) == {"original", "preview", "thumb"}
    assert studio.tab.phases(image["id"]) == ["pending", "saving", "completed"]


async def test_a_generation_goes_the_whole_way_and_is_charged_once(studio: Studio) -> None:
    [image] = await studio.generate("a lighthouse [[ok]]")
    done = await studio.tab.finished(image["id"])
    assert done["status"] == "completed"
    assert studio.tab.phases(image["id"]) == ["pending", "submitting", "processing", "saving", "completed"]
    [charge] = await studio.charges()
    assert done["metadata"]["nanobanana_task_id"] == charge["task_id"]
    file = await studio.http.get(f"/api/images/{image['id']}/file/original")
    assert file.headers["content-type"] == done["renditions"]["original"]["media_type"]
    assert len(file.content) == done["renditions"]["original"]["size"]


async def test_n_images_are_n_tasks(studio: Studio) -> None:
    images = await studio.generate("eight [[ok]]", count=8)
    done = [await studio.tab.finished(image["id"]) for image in images]
    assert {image["status"] for image in done} == {"completed"}
    assert len({image["metadata"]["nanobanana_task_id"] for image in done}) == 8
    assert len(await studio.charges()) == 8


async def test_image_to_image_waits_for_its_input_and_takes_its_ratio(studio: Studio) -> None:
    source = await studio.upload(jpeg(1600, 900))
    [image] = await studio.generate("at night [[ok]]", inputs=[source["id"]])
    done = await studio.tab.finished(image["id"])
    assert (done["status"], done["aspect_ratio"]) == ("completed", "16:9")
    [charge] = await studio.charges()
    assert len(charge["image_urls"]) == 1


async def test_a_generation_fails_when_its_input_does(studio: Studio) -> None:
    source = await studio.upload(jpeg()[:200])
    [image] = await studio.generate("at night", inputs=[source["id"]])
    assert (await studio.tab.finished(source["id"]))["error"]["code"] == "bad_image"
    assert (await studio.tab.finished(image["id"]))["error"]["code"] == "input_failed"
    assert await studio.charges() == []


async def test_sequence_numbers_are_told_without_gap_or_repeat(studio: Studio) -> None:
    images = await studio.generate("four [[ok]]", count=4)
    for image in images:
        await studio.tab.finished(image["id"])
    seqs = studio.tab.seqs
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
