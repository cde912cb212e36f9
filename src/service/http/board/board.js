// Keeps a page up to date, and turns the pages of a screen across the room.
//
// Pages are whole without this script: they are rendered by the server and refresh themselves. The script
// fetches the same page whenever the server says that there is something new, and changes only what differs.
// So open rows, focus, scroll positions, selections and what is typed into fields stay.
"use strict";

(() => {
  // Without news a page is fetched this often, to see that the server still answers.
  const FETCH_EVERY_MS = 30_000;
  const FETCH_TIMEOUT_MS = 10_000;
  const RETRY_MS = 5_000;
  const TURN_EVERY_MS = 12_000;

  const byTag = (page, tag) => page.getElementsByTagName(tag)[0];
  const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.id : "");
  const isSameKind = (a, b) => a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

  // What the reader has set stays: whether a row is open, the text of a field, and what is chosen. So does what
  // another script says (data-by-script).
  const isOfReader = (element, name) =>
    (element.nodeName === "DETAILS" && name === "open") ||
    (element.nodeName === "OPTION" && name === "selected") ||
    (element.nodeName === "INPUT" && (name === "value" || name === "checked"));

  const takeAttributes = (old, wanted) => {
    for (const { name } of [...old.attributes]) {
      if (!wanted.hasAttribute(name) && !isOfReader(old, name)) old.removeAttribute(name);
    }
    for (const { name, value } of wanted.attributes) {
      if (old.getAttribute(name) !== value && !isOfReader(old, name)) old.setAttribute(name, value);
    }
  };

  // Makes `old` the same as `wanted` and keeps the elements that both have.
  const take = (old, wanted) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== wanted.nodeValue) old.nodeValue = wanted.nodeValue;
      return;
    }
    takeAttributes(old, wanted);
    if (old.nodeName === "TEXTAREA" || "byScript" in old.dataset) return;
    let next = old.firstChild;
    for (const child of [...wanted.childNodes]) {
      let found = next;
      while (found && !isSameKind(found, child)) found = found.nextSibling;
      if (!found) {
        old.insertBefore(document.importNode(child, true), next);
        continue;
      }
      // What has no key is in order, so what was passed over is gone.
      if (!keyOf(child)) {
        while (next !== found && !keyOf(next)) {
          const gone = next;
          next = next.nextSibling;
          gone.remove();
        }
      }
      if (found === next) next = next.nextSibling;
      else old.insertBefore(found, next);
      take(found, child);
    }
    while (next) {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    }
  };

  const show = (page) => {
    const focused = document.activeElement;
    document.title = page.title;
    document.body.className = page.body.className;
    for (const tag of ["header", "main"]) {
      const [old, wanted] = [byTag(document, tag), byTag(page, tag)];
      if (old && wanted) take(old, wanted);
    }
    // An element that was moved has lost the focus.
    if (focused && focused !== document.activeElement && focused.isConnected) {
      focused.focus({ preventScroll: true });
    }
    turn(0);
    document.dispatchEvent(new Event("vaste:content"));
  };

  const setLost = (isLost) => {
    const status = document.getElementById("connection");
    const text = isLost ? byTag(document, "main").dataset.lost : "";
    if (status && status.textContent !== text) status.textContent = text;
    document.documentElement.classList.toggle("lost", isLost);
  };

  let isFetching = false;
  let isNews = false;
  let timer = 0;
  let due = Infinity;

  // Fetches the page after this time, unless it is due sooner.
  const fetchIn = (ms) => {
    const at = performance.now() + ms;
    if (at >= due) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(() => {
      due = Infinity;
      refresh();
    }, ms);
  };

  const refresh = async () => {
    // A page that is seen again fetches itself. One that keeps what was not written would lose it.
    if (document.hidden || document.querySelector("[data-kept]")) return;
    if (isFetching) {
      isNews = true;
      return;
    }
    isFetching = true;
    isNews = false;
    clearTimeout(timer);
    due = Infinity;
    try {
      const response = await fetch(location.href, {
        cache: "no-store",
        signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      });
      // A page that is gone says so itself.
      if (!response.ok && response.status !== 404) throw new Error(`status ${response.status}`);
      show(new DOMParser().parseFromString(await response.text(), "text/html"));
      setLost(false);
      fetchIn(isNews ? 0 : FETCH_EVERY_MS);
    } catch {
      setLost(true);
      fetchIn(RETRY_MS);
    } finally {
      isFetching = false;
    }
  };

  // ── News from the server. A page that nobody sees does not listen: browsers open only six connections to a
  // server, for all pages together.

  let source = null;

  const listen = () => {
    if (document.hidden || source) return;
    source = new EventSource("/live");
    source.addEventListener("changed", refresh);
    source.addEventListener("error", () => {
      fetchIn(RETRY_MS / 2);
      // The browser opens the next stream, unless it was refused.
      if (source?.readyState === EventSource.CLOSED) {
        source = null;
        setTimeout(listen, FETCH_EVERY_MS);
      }
    });
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else {
      listen();
      refresh();
    }
  });
  addEventListener("online", refresh);
  addEventListener("offline", () => setLost(true));

  // ── A screen across the room: the teams that fit, then the next ones.

  let firstShown = 0;

  // Shows the teams from `firstShown` on, or with 1 those after them.
  const turn = (by) => {
    const list = document.getElementById("wall");
    if (!list) return;
    const teams = [...list.children];
    teams.forEach((team) => { team.hidden = false; });
    const bottom = list.getBoundingClientRect().bottom + 1;
    const fitting = teams.filter((team) => team.getBoundingClientRect().bottom <= bottom).length || 1;
    firstShown = Math.floor(firstShown / fitting) * fitting + by * fitting;
    if (firstShown >= teams.length) firstShown = 0;
    teams.forEach((team, at) => { team.hidden = at < firstShown || at >= firstShown + fitting; });
    const pages = Math.ceil(teams.length / fitting);
    const page = document.getElementById("wall-page");
    page.textContent = pages > 1 ? `${firstShown / fitting + 1} / ${pages}` : "";
  };

  setInterval(() => turn(1), TURN_EVERY_MS);
  addEventListener("resize", () => turn(0));

  // ── Printing: all rows are open on paper.

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open])")];
    opened.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => {
    opened.forEach((details) => { details.open = false; });
  });

  turn(0);
  listen();
  fetchIn(FETCH_EVERY_MS);
})();
