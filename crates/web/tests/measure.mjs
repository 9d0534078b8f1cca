// Measures the page for `cargo xtask bench page`: one line a figure, its name and a number. `crates/bench/src/page.rs` starts it and makes rows of it.
//
// Who waits is a person: times run from a key or an address to what the screen shows.

import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { connect, createServer as createTunnel } from "node:net";
import { join } from "node:path";
import { clickedInItsMiddle, filmed } from "./film.mjs";
import { accept, attach, befriend, composer, makeLink, openChat, openLink, person, signUp, uncover } from "./people.mjs";
import { world } from "./world.mjs";

const ROUNDS = 5;
const SENDS = 40;
// Slow 4G as the developer tools of Chromium have it.
const SLOW = { down: 180_000, up: 84_375, roundTrip: 562.5 };
const CPU = 4;
const REST = 3000;

const tell = (name, value) => console.log(`${name} ${Number.isFinite(value) ? value.toFixed(3) : value}`);
const middle = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const high = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * 0.95)];
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Notes when a page is ready: somebody can do something with it. */
const WATCH = () => {
    const look = () => {
        const shown = document.querySelector("nav .chats, nav .empty, .welcome-card form, .welcome-card input");
        if (shown && !window.readyAt) {
            window.readyAt = performance.now();
        } else {
            requestAnimationFrame(look);
        }
    };
    look();
};

async function opening(page) {
    await page.waitForFunction(() => window.readyAt, undefined, { timeout: 120_000 });
    return page.evaluate(() => ({ ready: window.readyAt, paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN }));
}

async function cold(browser, url) {
    const context = await browser.newContext();
    await context.addInitScript(WATCH);
    const page = await context.newPage();
    await page.goto(url, { waitUntil: "commit" });
    return { context, page, ...(await opening(page)) };
}

async function starts({ browser, url }) {
    const [paints, readies, warm] = [[], [], []];
    for (let round = 0; round < ROUNDS; round++) {
        const { context, page, paint, ready } = await cold(browser, url);
        paints.push(paint);
        readies.push(ready);
        await signUp({ page, name: `Alice ${round}` });
        await page.evaluate(() => navigator.serviceWorker.ready);
        await page.waitForFunction(() => navigator.serviceWorker.controller);
        await page.reload();
        warm.push((await opening(page)).ready);
        await context.close();
    }
    tell("paint-cold", middle(paints));
    tell("ready-cold", middle(readies));
    tell("ready-warm", middle(warm));
}

/** From the key to the other screen, both on this machine's clock. */
async function sends(one, other, count) {
    const times = [];
    for (let number = 0; number < count; number++) {
        const text = `message ${number} of ${Math.random()}`;
        const seen = other.page.evaluate((text) => new Promise((done) => {
            const look = () => [...document.querySelectorAll("article.said .text")].slice(-3).some((said) => said.textContent.includes(text));
            const watch = new MutationObserver(() => {
                if (look()) {
                    watch.disconnect();
                    requestAnimationFrame(() => done(performance.timeOrigin + performance.now()));
                }
            });
            watch.observe(document.querySelector(".stream"), { childList: true, subtree: true, characterData: true });
        }), text);
        await composer(one).fill(text);
        await one.page.evaluate(() => document.querySelector(".composer textarea").addEventListener(
            "keydown", () => (window.pressed = performance.timeOrigin + performance.now()), { once: true, capture: true }));
        await composer(one).press("Enter");
        const at = await seen;
        times.push(at - (await one.page.evaluate(() => window.pressed)));
        await pause(50);
    }
    return times;
}

async function talk(world) {
    const { browser, url } = world;
    const [alice, bob] = [await person(browser, url, "Alice"), await person(browser, url, "Bob")];
    await signUp(alice);
    await signUp(bob);
    await befriend(alice, bob);
    await openChat(alice);
    await openChat(bob);
    await sends(alice, bob, 5);
    const times = [...(await sends(alice, bob, SENDS / 2)), ...(await sends(bob, alice, SENDS / 2))];
    tell("seen-p50", middle(times));
    tell("seen-p95", high(times));
    tell("fetch-p50", middle(await alice.page.evaluate(async () => {
        const times = [];
        for (let count = 0; count < 50; count++) {
            const begun = performance.now();
            await (await fetch("/healthz", { cache: "no-store" })).text();
            times.push(performance.now() - begun);
        }
        return times;
    })));
    await film(world, alice, bob);
    await files(world, alice, bob);
    await alice.context.close();
    await bob.context.close();
}

/** From a click in the middle of a film until it plays there. */
async function film({ folder }, alice, bob) {
    const path = join(folder, "film.mp4");
    filmed(path);
    const times = [];
    for (let round = 0; round < ROUNDS; round++) {
        await attach(alice, "photo", path);
        const video = bob.page.locator("article.said video.film").nth(round);
        await video.waitFor({ timeout: 120_000 });
        await bob.page.waitForFunction((video) => video.readyState >= 1, await video.elementHandle());
        await uncover(bob);
        times.push((await clickedInItsMiddle(bob.page, video)).after);
    }
    tell("film-click", middle(times));
}

/** A file, from its choice to the other screen; then read to its end there, from the server and from what is kept. */
async function files({ folder }, alice, bob) {
    const size = 100e6;
    const path = join(folder, "large.bin");
    const file = await open(path, "w");
    for (let at = 0; at < size; at += 1e6) {
        await file.write(Buffer.alloc(1e6, `${at} `));
    }
    await file.close();
    let begun = performance.now();
    await attach(alice, "file", path);
    await bob.page.locator("article.said button.file").first().waitFor({ timeout: 120_000 });
    tell("file-sent", size / 1e3 / (performance.now() - begun));
    const message = await bob.page.locator("article.said button.file").first().locator("xpath=ancestor::article").getAttribute("data-message");
    const read = () => bob.page.evaluate(async (path) => {
        const begun = performance.now();
        const answer = await fetch(path);
        const bytes = await answer.arrayBuffer();
        return { status: answer.status, length: bytes.byteLength, took: performance.now() - begun };
    }, `/media/${message}/0`);
    for (const name of ["file-read", "file-read-again"]) {
        const { status, length, took } = await read();
        if (status !== 200 || length !== size) throw new Error(`${name}: ${length} bytes with status ${status}`);
        tell(name, size / 1e3 / took);
    }
    tell("webcrypto", await bob.page.evaluate(async () => {
        const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
        const segment = new Uint8Array(65520);
        const begun = performance.now();
        for (let count = 0; count < 1000; count++) {
            const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, segment);
            await crypto.subtle.digest("SHA-256", sealed);
        }
        return (1000 * 65520) / 1e3 / (performance.now() - begun);
    }));
}

/** Everything that goes to the server goes through here, as slowly as over such a line. */
async function slowLine(url) {
    const to = new URL(url);
    const shape = (from, into, rate) => {
        let free = 0;
        from.on("data", (piece) => {
            const now = performance.now();
            free = Math.max(free, now) + (piece.length / rate) * 1000;
            if (free - now > 200) {
                from.pause();
                setTimeout(() => from.resume(), free - now - 100);
            }
            setTimeout(() => into.destroyed || into.write(piece), free - now + SLOW.roundTrip / 2);
        });
        from.on("end", () => setTimeout(() => into.end(), Math.max(0, free - performance.now()) + SLOW.roundTrip / 2));
        from.on("error", () => into.destroy());
    };
    const tunnel = createTunnel((here) => {
        const there = connect(Number(to.port), to.hostname);
        shape(here, there, SLOW.up);
        shape(there, here, SLOW.down);
    });
    await once(tunnel.listen(0, "127.0.0.1"), "listening");
    return { url: `http://127.0.0.1:${tunnel.address().port}`, tunnel };
}

/** The processes of a browser: those that this one started, and theirs. */
function processes(kind) {
    const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((id) => {
        try {
            const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))[1];
            return [{ id, parent, words: readFileSync(`/proc/${id}/cmdline`, "utf8").replaceAll("\0", " ") }];
        } catch {
            return [];
        }
    });
    const ours = new Set([String(process.pid)]);
    for (let known = 0; known !== ours.size; ) {
        known = ours.size;
        all.filter((one) => ours.has(one.parent)).forEach((one) => ours.add(one.id));
    }
    return all.filter((one) => ours.has(one.id) && one.words.includes(kind)).map((one) => Number(one.id));
}

/** Memory of what shows one person's pages, shared pages of it divided among those who share them (PSS), in MB. */
function memory(others) {
    const kib = processes("--type=renderer").filter((id) => !others.has(id)).map((id) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"))[1]));
    return (kib.reduce((sum, each) => sum + each, 0) * 1024) / 1e6;
}

/** A slower processor: whatever shows pages of one person stands still three quarters of the time, workers too. `others` are left alone. */
function slowDown(others) {
    const run = 5;
    let going = true;
    let ids = [];
    const signal = (name) => ids.forEach((id) => {
        try {
            process.kill(id, name);
        } catch {
            // It has ended.
        }
    });
    (async () => {
        for (let turn = 0; going; turn++) {
            if (turn % 10 === 0) {
                ids = processes("--type=renderer").filter((id) => !others.has(id));
            }
            await pause(run);
            if (going) {
                signal("SIGSTOP");
                await pause(run * (CPU - 1));
                signal("SIGCONT");
            }
        }
    })();
    return () => {
        going = false;
        signal("SIGCONT");
    };
}

async function slow({ browser, url }) {
    const { url: far, tunnel } = await slowLine(url);
    const other = await person(browser, url, "Bob");
    await signUp(other);
    const others = new Set(processes("--type=renderer"));
    const context = await browser.newContext();
    await context.addInitScript(WATCH);
    // The tab that a browser opens with: an empty one beside it would count.
    const page = context.pages()[0] ?? (await context.newPage());
    const fast = slowDown(others);
    try {
        await page.goto(far, { waitUntil: "commit" });
        const { paint, ready } = await opening(page);
        tell("slow-paint", paint);
        tell("slow-ready", ready);
    } finally {
        fast();
    }
    const slowOne = { name: "Alice", context, page, url: far };
    await signUp(slowOne);
    await page.evaluate(() => navigator.serviceWorker.ready);
    const again = slowDown(others);
    try {
        await page.reload();
        tell("slow-ready-warm", (await opening(page)).ready);
    } finally {
        again();
    }
    // Her server is at the other end of the tunnel, by the tunnel's name.
    await openLink(slowOne, (await makeLink(other, "Alice")).replace(url, far));
    await accept(other);
    await other.page.locator("a.chat-line").first().waitFor({ state: "attached" });
    await page.locator("a.chat-line").first().waitFor({ state: "attached", timeout: 60_000 });
    await openChat(slowOne);
    await openChat(other);
    const third = slowDown(others);
    try {
        tell("slow-seen-p50", middle(await sends(slowOne, other, 9)));
    } finally {
        third();
    }
    // At rest: what was let go is collected some moments later.
    await pause(REST);
    tell("slow-memory", memory(others));
    await other.context.close();
    await context.close();
    tunnel.close();
}

/** Puts a store that was written beforehand in the place of a new one, with its key. */
async function plant(page, url, archive) {
    const { store, key, salt } = archive;
    const server = createServer((_, response) => {
        response.writeHead(200, { "access-control-allow-origin": "*" });
        createReadStream(store).pipe(response);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    await page.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
    await page.goto(`${url}/healthz`);
    // The service worker would fetch for this page too, and may speak to its own server alone.
    await page.evaluate(async () => Promise.all((await navigator.serviceWorker.getRegistrations()).map((one) => one.unregister())));
    await page.reload();
    await page.evaluate(async ({ from, key, salt }) => {
        const hex = (text) => Uint8Array.from(text.match(/../g), (byte) => parseInt(byte, 16));
        async function* all(folder) {
            for await (const entry of folder.values()) {
                entry.kind === "directory" ? yield* all(entry) : yield entry;
            }
        }
        for await (const entry of all(await navigator.storage.getDirectory())) {
            const file = new Uint8Array(await (await entry.getFile()).slice(0, 4096).arrayBuffer());
            if (new TextDecoder().decode(file.subarray(0, file.indexOf(0))) === "/store.db") {
                const writer = await entry.createWritable();
                await writer.write(file);
                await (await fetch(from)).body.pipeTo(writer);
            }
        }
        const wrapping = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
        const nonce = crypto.getRandomValues(new Uint8Array(12));
        const plain = new Uint8Array([...hex(key), ...hex(salt)]);
        const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, wrapping, plain));
        await new Promise((done, failed) => {
            const opening = indexedDB.open("treehouse-keys", 1);
            opening.onsuccess = () => {
                const writing = opening.result.transaction("keys", "readwrite");
                writing.objectStore("keys").put({ wrapping, nonce, sealed, locked: false }, "store");
                writing.oncomplete = () => done(opening.result.close());
                writing.onabort = failed;
            };
            opening.onerror = failed;
        });
    }, { from: `http://127.0.0.1:${server.address().port}/`, key, salt });
    server.close();
}

async function archive({ browser, url }, archive) {
    const { context, page } = await cold(browser, url);
    // The store is made with the account.
    await signUp({ page, name: "Alice" });
    await plant(page, url, archive);
    await page.goto(url);
    await page.locator("a.chat-line").first().waitFor({ timeout: 60_000 });
    const begun = performance.now();
    await page.locator("a.chat-line", { hasText: "person0" }).first().click();
    await page.locator("article.said").nth(20).waitFor();
    tell("archive-opened", performance.now() - begun);
    const before = memory(new Set());
    const scrolled = await scroll(page);
    for (const [name, value] of Object.entries(scrolled)) {
        tell(`scroll-${name}`, value);
    }
    tell("scroll-memory-more", memory(new Set()) - before);
    await search(page, archive.words);
    await context.close();
}

/** Wheels upwards through the chat, and looks in each frame whether there is something where one looks. */
async function scroll(page) {
    const list = page.locator(".stream");
    await list.hover();
    await page.evaluate(() => {
        const list = document.querySelector(".stream");
        const seen = new Set();
        window.scrolling = { frames: 0, blank: 0, longest: 0, seen, going: true };
        let last = performance.now();
        const look = (now) => {
            const { top, bottom } = list.getBoundingClientRect();
            let [above, below] = [0, 0];
            for (const said of list.querySelectorAll("article.said")) {
                const box = said.getBoundingClientRect();
                if (box.bottom > top && box.top < bottom) {
                    seen.add(said.dataset.message);
                    above ||= box.top < (top + bottom) / 2;
                    below ||= box.bottom > (top + bottom) / 2;
                }
            }
            const state = window.scrolling;
            state.frames += 1;
            state.blank += above && below ? 0 : 1;
            state.longest = Math.max(state.longest, now - last);
            last = now;
            state.going && requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
    });
    const begun = performance.now();
    for (let turn = 0; turn < 400; turn++) {
        await page.mouse.wheel(0, -1200);
        await pause(16);
    }
    await pause(500);
    const took = performance.now() - begun;
    return page.evaluate((took) => {
        const { frames, blank, longest, seen } = window.scrolling;
        window.scrolling.going = false;
        return { frames, blank, longest, seen: seen.size, "a-second": (seen.size * 1000) / took, elements: document.querySelectorAll("*").length };
    }, took);
}

/** From the last key to the list of what was found. */
async function search(page, words) {
    const box = page.getByRole("searchbox").first();
    const times = [];
    for (const word of words) {
        await box.fill("");
        await page.locator(".results").waitFor({ state: "detached" });
        const shown = page.evaluate(() => new Promise((done) => {
            const watch = new MutationObserver(() => {
                if (document.querySelector(".results .found")) {
                    watch.disconnect();
                    requestAnimationFrame(() => done(performance.now()));
                }
            });
            watch.observe(document.body, { childList: true, subtree: true });
            document.addEventListener("input", () => (window.typed = performance.now()), { once: true, capture: true });
        }));
        await box.fill(word);
        const at = await shown;
        times.push(at - (await page.evaluate(() => window.typed)));
    }
    tell("search-p50", middle(times));
    tell("search-most", Math.max(...times));
}

/** What looks at pictures, in a page without anything else. */
async function looks({ browser, url }) {
    const context = await browser.newContext();
    // The tab that a browser opens with: an empty one beside it would grow, too.
    const page = context.pages()[0] ?? (await context.newPage());
    const index = await (await fetch(`${url}/`)).text();
    const address = (id) => new RegExp(`id="${id}" content="([^"]+)"`).exec(index)[1];
    await page.goto(`${url}/healthz`);
    await pause(REST);
    const before = memory(new Set());
    const started = await page.evaluate(async (script) => {
        const begun = performance.now();
        window.kept = new Worker(script, { type: "module" });
        await new Promise((done) => (window.kept.onmessage = done));
        return performance.now() - begun;
    }, address("picture-script"));
    await pause(REST);
    tell("look-before-memory", memory(new Set()) - before);
    const times = await page.evaluate(async ([model, started]) => {
        const begun = performance.now() - started;
        const worker = window.kept;
        const next = () => new Promise((done) => (worker.onmessage = ({ data }) => done(data)));
        worker.postMessage(model);
        const times = [];
        for (let count = 0; count < 21; count++) {
            // Nothing beside it: what making pictures leaves behind would be counted.
            const picture = new Uint8Array(224 * 224 * 4);
            for (let at = 0; at < picture.length; at++) picture[at] = (at * (count + 7)) & 255;
            const at = count === 0 ? begun : performance.now();
            const answer = next();
            // Handed over, as the page does.
            worker.postMessage(picture, [picture.buffer]);
            if (typeof (await answer) !== "boolean") throw new Error("it did not look");
            times.push(performance.now() - at);
        }
        return times;
    }, [address("picture-model"), started]);
    tell("look-first", times[0]);
    tell("look-p50", middle(times.slice(1)));
    await pause(REST);
    tell("look-memory", memory(new Set()) - before);
    await context.close();
}

/** The page that verifies, on a report of a hundred messages. */
async function verifies({ browser }, { file, words }) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(new URL("../../../target/page/verify.html", import.meta.url).href);
    await page.getByText("Ready.").waitFor();
    const times = [];
    for (let round = 0; round < 5; round++) {
        await page.getByLabel("The report, a file that ends in .thr").setInputFiles(file);
        await page.getByLabel("The passphrase that came with it").fill(words);
        await page.getByRole("button", { name: "Check" }).click();
        await page.locator("#state").getByText(/^Checked: read/).waitFor({ timeout: 120_000 });
        times.push(await page.evaluate(() => {
            const at = (name) => performance.getEntriesByName(name).at(-1).startTime;
            const took = at("verified") - at("opened");
            document.querySelector("#state").textContent = "";
            return took;
        }));
    }
    tell("verify-p50", middle(times));
    await context.close();
}

const wanted = process.argv.slice(2);
const parts = {
    looks,
    verifies: (world) => verifies(world, JSON.parse(process.env.TREEHOUSE_REPORT)),
    starts,
    talk,
    slow,
    archive: (world) => archive(world, JSON.parse(process.env.TREEHOUSE_ARCHIVE)),
};

await world(async (world) => {
    for (const [name, measure] of Object.entries(parts)) {
        if (wanted.length === 0 || wanted.includes(name)) {
            await measure(world);
        }
    }
    world.refused.splice(0);
}, { whole: true });
process.exit(0);
