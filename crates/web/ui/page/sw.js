// The service worker: the page opens without a network, and pieces of received files are decrypted by the core and handed to <img>, <video> and
// <audio> as if a server had sent them. It holds no key and decides nothing.

const SHELL = "treehouse-shell-{{version}}";
const FILES = [{{files}}];
const PIECES = "treehouse-pieces";
// Whom the operator names under Help: as it was last, and fetched anew behind it.
const PEOPLE = "treehouse-people";
const PEOPLE_FILE = "/people.txt";
// What a notification says, as the page said it last.
const WORDS = "treehouse-words";
// The core may just be starting, or moving to another tab: it is asked again, and given up after so long without a word of it.
const ASK_AGAIN_MS = 1500;
const GIVE_UP_MS = 20000;
// Browsers ask for a whole video and take what they get: a piece is enough to begin with.
const PIECE_MAX = 1024 * 1024;
// What the core keeps together, in bytes of the file: 16 segments. Whoever reads from end to end asks along their edges, so that none is
// fetched, or read from the cache, for two pieces.
const TOGETHER = 16 * 65520;
// Pieces of one file that are asked for at once.
const UNDER_WAY = 4;
const SHOWN = ["image", "video", "audio"];

self.addEventListener("install", (event) => {
  event.waitUntil(Promise.all([
    caches.open(SHELL).then((cache) => cache.addAll(["/", ...FILES])),
    caches.open(PEOPLE).then((cache) => cache.add(PEOPLE_FILE)),
  ]));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("treehouse-shell-") && name !== SHELL).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "update") self.skipWaiting();
  if (Array.isArray(event.data) && event.data[0] === "waiting") {
    event.waitUntil(caches.open(WORDS).then((words) => words.put("/waiting", Response.json(event.data.slice(1, 3)))));
  }
  if (event.data === "shared") {
    event.ports[0].postMessage(shared);
    shared = null;
    taken();
  }
});

// A knock brings nothing with it. Whoever looks at the page sees what there is; else one calm line says that there is something.
self.addEventListener("push", (event) => event.waitUntil(knocked()));

async function knocked() {
  // Whoever is here looks at once, seen or not.
  pieces.postMessage(["knocked"]);
  const tabs = await self.clients.matchAll({ type: "window" });
  if (tabs.some((tab) => tab.visibilityState === "visible")) return;
  const held = await caches.match("/waiting", { cacheName: WORDS });
  const [title, body] = held ? await held.json() : ["Treehouse"];
  // One at a time: a second takes the place of the first, without a sound.
  await self.registration.showNotification(title, { body, tag: "waiting", icon: "{{icon.svg}}" });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((tabs) => (tabs.length > 0 ? tabs[0].focus() : self.clients.openWindow("/"))),
  );
});

// What another app shares stays in memory until the page has asked for it: nothing of it is written down, and nothing goes to the server.
const SHARE = "/app/share";
const SHARE_KEPT_MS = 60000;
let shared = null;
let taken = () => {};

async function share(event) {
  // Another app has no page that sends it; another site must not fill in what somebody is about to send.
  const from = event.request.referrer;
  if (from && new URL(from).origin !== self.location.origin) return Response.redirect("/#/share", 303);
  const form = await event.request.formData();
  const words = ["title", "text", "url"].map((name) => form.get(name)).filter((part) => typeof part === "string" && part !== "");
  shared = { files: form.getAll("files").filter((part) => part instanceof File && part.size > 0), text: [...new Set(words)].join("\n") };
  return Response.redirect("/#/share", 303);
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.origin === self.location.origin && url.pathname === SHARE && event.request.method === "POST") {
    // Awake until somebody came for it.
    event.waitUntil(new Promise((resolve) => { taken = resolve; setTimeout(resolve, SHARE_KEPT_MS); }));
    event.respondWith(share(event));
    return;
  }
  if (url.origin !== self.location.origin || event.request.method !== "GET") return;
  if (url.pathname.startsWith("/media/")) {
    event.respondWith(media(event.request, url));
  } else if (event.request.mode === "navigate" && url.pathname !== "/bye" && url.pathname !== "/verify.html") {
    event.respondWith(page(event.request));
  } else if (url.pathname === PEOPLE_FILE) {
    event.respondWith(people(event));
  } else if (FILES.includes(url.pathname)) {
    event.respondWith(caches.match(event.request).then((held) => held ?? fetch(event.request)));
  } else if (["/assets/picture", "/assets/scan"].some((begin) => url.pathname.startsWith(begin))) {
    event.respondWith(onNeed(event.request));
  }
});

// What looks at pictures, and what reads codes, is fetched when it is needed first, and held from then on.
async function onNeed(request) {
  const cache = await caches.open(SHELL);
  const held = await cache.match(request);
  if (held) return held;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

// The page that is held, so that one version is whole: a newer one is held beside it, and takes its place when its person says so.
async function page(request) {
  const held = await caches.match("/", { cacheName: SHELL });
  return held ?? fetch(request);
}

async function people(event) {
  const cache = await caches.open(PEOPLE);
  const held = await cache.match(PEOPLE_FILE);
  const fresh = fetch(event.request).then(async (answer) => {
    if (answer.ok) await cache.put(PEOPLE_FILE, answer.clone());
    return answer;
  });
  if (!held) return fresh;
  // Without a network it stays as it was.
  event.waitUntil(fresh.catch(() => {}));
  return held;
}

const pieces = new BroadcastChannel(PIECES);
const waiting = new Map();
let count = 0;
const me = crypto.randomUUID();

pieces.onmessage = (event) => {
  const [kind, id, ...rest] = event.data;
  if (kind === "ask") return;
  const asked = waiting.get(id);
  // A core that is at work on it is waited for: the line may be slow.
  if (kind === "coming") asked?.wait();
  else asked?.answer([kind, ...rest]);
};

function ask(message, position, start, end, shown) {
  const id = `${me} ${++count}`;
  return new Promise((resolve) => {
    const post = () => pieces.postMessage(["ask", id, message, position, start, end, shown]);
    const again = setInterval(post, ASK_AGAIN_MS);
    let giveUp;
    const answer = (said) => {
      clearInterval(again);
      clearTimeout(giveUp);
      waiting.delete(id);
      resolve(said);
    };
    const wait = () => {
      clearTimeout(giveUp);
      giveUp = setTimeout(() => answer(["none", "offline"]), GIVE_UP_MS);
    };
    waiting.set(id, { answer, wait });
    wait();
    post();
  });
}

async function media(request, url) {
  const [, , message, position] = url.pathname.split("/").map(Number);
  if (!Number.isSafeInteger(message) || !Number.isSafeInteger(position)) return new Response(null, { status: 404 });
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
  const start = range ? Number(range[1]) : 0;
  const end = range && range[2] ? Number(range[2]) + 1 : -1;
  // What the browser decodes is looked at by the core first, as is what the page says it will have decoded; all else is bytes to be saved.
  const shown = SHOWN.includes(request.destination) || url.searchParams.has("shown");
  const first = await ask(message, position, start, range ? Math.min(end < 0 ? start + PIECE_MAX : end, start + PIECE_MAX) : TOGETHER, shown);
  if (first[0] !== "piece") return new Response(null, { status: first[1] === "offline" ? 503 : 404, statusText: first[1] });
  const [, total, type, , bytes] = first;
  const headers = {
    "content-type": shown ? safe(type) : "application/octet-stream",
    "accept-ranges": "bytes",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
  };
  if (range) {
    if (start >= total) return new Response(null, { status: 416, headers: { "content-range": `bytes */${total}` } });
    headers["content-range"] = `bytes ${start}-${start + bytes.length - 1}/${total}`;
    headers["content-length"] = String(bytes.length);
    return new Response(bytes, { status: 206, headers });
  }
  headers["content-length"] = String(total);
  if (bytes.length >= total) return new Response(bytes, { status: 200, headers });
  // The rest follows as it is read, some pieces being under way.
  let at = bytes.length;
  const coming = [];
  const body = new ReadableStream({
    start(controller) { controller.enqueue(bytes); },
    async pull(controller) {
      while (at < total && coming.length < UNDER_WAY) {
        const end = Math.min((Math.floor(at / TOGETHER) + 1) * TOGETHER, total);
        coming.push([end - at, ask(message, position, at, end, shown)]);
        at = end;
      }
      if (coming.length === 0) return controller.close();
      const [length, answer] = coming.shift();
      const next = await answer;
      if (next[0] !== "piece" || next[4].length !== length) return controller.error(new Error(next[1]));
      controller.enqueue(next[4]);
    },
  });
  return new Response(body, { status: 200, headers });
}

// Only what a page shows in place: anything else is data, whatever its sender calls it.
function safe(type) {
  return /^(image\/(jpeg|png|gif|webp|avif)|video\/(mp4|webm|quicktime)|audio\/(mpeg|mp4|ogg|webm|wav|aac|flac))$/.test(type) ? type : "application/octet-stream";
}
