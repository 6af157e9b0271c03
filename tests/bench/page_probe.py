"""What is noted inside of the page: when news arrived, when it was drawn, and which frame a click's card made.

Times are milliseconds of the page's own clock. *Painted* is the end of the frame in which a change is drawn, seen from
the page: a task that was posted in that frame's `requestAnimationFrame`. *Presented* is the browser's own time of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

# Of a click that was answered sooner the browser tells nothing.
LEAST_TOLD = 16.0

PROBE = """
(() => {
  const KEPT = 200, FRAMES = 120;
  const messages = [], wishes = new Map(), clicks = [], long = [], presented = {}, events = {};
  let granted = Promise.resolve([]);

  window.WebSocket = class extends window.WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ timeStamp, data }) => {
        messages.push([timeStamp, data]);
        if (messages.length > KEPT) messages.shift();
      });
    }
  };

  const afterPaint = (then) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => then(performance.now());
    port2.postMessage(null);
  });

  // Which of a picture's events tells of what.
  const tells = {
    card: () => true,
    heart: ({ favorite }) => favorite,
    'no heart': ({ favorite }) => favorite === false,
    picture: ({ status }) => status === 'completed',
    gone: ({ trashed_at }) => trashed_at !== null,
  };
  const messageOf = ({ key, what, made }) => {
    const isIt = tells[what] ?? (({ status }) => status === what);
    for (const [at, text] of messages) {
      if (at < made) continue;
      const { type, data } = JSON.parse(text);
      if (type === 'event' && (data.id === key || data.batch === key) && isIt(data)) return at;
    }
    return null;
  };

  const wished = (card, what) =>
    wishes.get(`${card?.dataset.id} ${what}`) ?? wishes.get(`${card?.dataset.batch} ${what}`);
  const note = (card, what) => {
    const wish = wished(card, what);
    if (!wish || wish.seen) return;
    wish.seen = performance.now();
    afterPaint((painted) => {
      const { key, seen, tell } = wish;
      tell({ what, key, event: messageOf(wish), seen, painted, epoch: performance.timeOrigin + painted });
    });
  };

  const notePicture = (card) => {
    const picture = card.querySelector('.card-picture');
    if (!picture || !wished(card, 'picture')) return;
    const drawn = () => picture.decode().catch(() => null).then(() => note(card, 'picture'));
    if (picture.complete && picture.naturalWidth) drawn();
    else picture.addEventListener('load', drawn, { once: true });
  };
  const noteStatus = (card) => {
    note(card, card.dataset.status);
    if (card.dataset.status === 'completed') notePicture(card);
  };
  const noteNew = (card) => {
    const { batch, status } = card.dataset;
    // The browser tells when these words are on the screen.
    card.querySelector('.card-prompt')?.setAttribute('elementtiming', batch ?? '');
    const click = clicks.at(-1);
    if (status === 'provisional' && click && !click.seen) {
      Object.assign(click, { seen: performance.now(), frame: click.frames + 1 });
      afterPaint((painted) => { click.painted = painted; });
    }
    note(card, 'card');
    noteStatus(card);
  };
  const CARD = '[data-testid=card]', HEART = '[data-testid=heart]';
  const elements = (nodes) => [...nodes].filter((node) => node.nodeType === Node.ELEMENT_NODE);
  new MutationObserver((mutations) => {
    for (const { type, target, addedNodes, removedNodes } of mutations) {
      if (type === 'attributes') {
        if (target.matches(CARD)) noteStatus(target);
        continue;
      }
      for (const node of elements(addedNodes)) {
        if (node.matches(HEART)) note(target.closest(CARD), 'heart');
        for (const card of node.matches(CARD) ? [node] : node.querySelectorAll(CARD)) noteNew(card);
      }
      for (const node of elements(removedNodes)) {
        if (node.matches(HEART)) note(target.closest(CARD), 'no heart');
        if (node.matches(CARD) && !node.isConnected) note(node, 'gone');
      }
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-status'] });

  addEventListener('click', ({ target, timeStamp }) => {
    if (!target.closest('[data-testid=generate]')) return;
    const click = { at: timeStamp, frames: 0 };
    clicks.push(click);
    const count = () => {
      click.frames += 1;
      if (!click.painted && click.frames < FRAMES) requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  }, true);

  const observe = (type, hear, options) =>
    new PerformanceObserver((list) => list.getEntries().forEach(hear)).observe({ type, ...options });
  observe('longtask', ({ duration }) => long.push(duration));
  observe('element', ({ identifier, renderTime }) => { presented[identifier] ??= renderTime; });
  observe('event', ({ name, startTime, duration }) => {
    if (name === 'click') events[startTime] = duration;
  }, { durationThreshold: 16 });

  window.__probe = {
    clicks, long, presented, events,
    wish(key, several) {
      wishes.clear();
      const made = performance.now();
      granted = Promise.all(several.map((what) => new Promise((tell) => {
        wishes.set(`${key} ${what}`, { key, what, made, tell });
      })));
    },
    granted: () => granted,
  };
})();
"""


@dataclass(frozen=True)
class Seen:
    """One change of a card: what it was, whose, when its event arrived, and when it was painted.

    `painted_epoch` is in milliseconds since 1970, to be compared with other clocks of this machine.
    """

    what: str
    key: str
    event: float
    painted: float
    painted_epoch: float

    @property
    def took(self) -> float:
        """Milliseconds from the event to its pixels."""
        return self.painted - self.event


@dataclass(frozen=True)
class Click:
    """One click on Generate: milliseconds until its card was painted, and in which frame, 1 being the next.

    `presented` is the browser's own time until that frame was on the screen, in steps of 8 ms: 16 stands for less.
    """

    painted: float
    frame: int
    presented: float


async def wish(page: Page, key: str, *whats: str) -> None:
    """Look out for changes of the card of a picture or of a request: a status, card, heart, no heart, picture, gone."""
    await page.evaluate("([key, whats]) => __probe.wish(key, whats)", [key, list(whats)])


async def granted(page: Page) -> list[Seen]:
    """What was looked out for, once all of it was painted. Raises `ValueError` where a change came without an event."""
    return [_seen(found) for found in await page.evaluate("() => __probe.granted()")]


def _seen(found: dict[str, Any]) -> Seen:
    if found["event"] is None:
        raise ValueError(f"{found['key']}: `{found['what']}` was drawn, and no event told of it")
    return Seen(found["what"], found["key"], found["event"], found["painted"], found["epoch"])


async def clicks(page: Page) -> list[Click]:
    """Every click on Generate so far."""
    noted = await page.evaluate("({ ...__probe })")
    return [_click(click, noted["events"]) for click in noted["clicks"]]


def _click(click: dict[str, Any], events: dict[str, float]) -> Click:
    at = click["at"]
    presented = next((duration for start, duration in events.items() if abs(float(start) - at) < 0.2), LEAST_TOLD)
    return Click(click["painted"] - at, click["frame"], presented)


async def presented(page: Page, seen: Sequence[Seen]) -> list[float]:
    """Milliseconds from the event of new cards until the browser says that their words were on the screen."""
    times = await page.evaluate("__probe.presented")
    return [times[one.key] - one.event for one in seen if one.what == "card" and one.key in times]


async def forget_long_tasks(page: Page) -> None:
    """Count them from here on."""
    await page.evaluate("__probe.long.length = 0")


async def long_tasks(page: Page) -> list[float]:
    """The milliseconds of every task of more than 50 ms since."""
    found: list[float] = await page.evaluate("__probe.long")
    return found
