// What hostile people send is data on the other side's screen, or it is refused. The sender is the command line, which sends what it is told.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { crc32, deflateSync } from "node:zlib";
import { accept, attach, befriend, composer, details, dialog, excuse, gone, makeLink, openChat, person, say, sees, signUp } from "./people.mjs";
import { PROGRAM, world } from "./world.mjs";

const run = promisify(execFile);
const TURNED = "\u202e";
const MARKUP = `<img src=x onerror="window.owned=1"><script>window.owned=2</script><svg onload=window.owned=3><iframe srcdoc=x>`;

/** Fifty messages that are drawn at once have fewer elements than this, however they are made. */
const STREAM_ELEMENTS_MAX = 12000;

/** Somebody at a command line who calls herself whatever she likes. */
async function commandLine(folder, url, name) {
    const home = join(folder, "mallory");
    const does = async (...words) => (await run(PROGRAM, words, { env: { ...process.env, TREEHOUSE_HOME: home } })).stdout;
    await does("signup", "mallory", "--server", url, "--name", name);
    return does;
}

/** Alice in a browser, and Mallory who may write to her. */
async function met({ url, browser, wrong, folder }, name) {
    const alice = await person(browser, url, "Alice", { wrong });
    await signUp(alice);
    const mallory = await commandLine(folder, url, name);
    await mallory("add", await makeLink(alice, "Mallory"));
    await accept(alice);
    await alice.page.locator("a.chat-line").first().waitFor({ state: "attached" });
    const him = JSON.parse((await until(() => mallory("sync").then(() => mallory("chats", "--json")), (text) => text.trim())).split("\n")[0]);
    return { alice, mallory, chat: String(him.id) };
}

async function until(look, holds) {
    for (let count = 0; ; count++) {
        const seen = await look();
        if (holds(seen)) {
            return seen;
        }
        assert.ok(count < 200, "it does not come");
        await new Promise((done) => setTimeout(done, 100));
    }
}

/** Nothing of what others wrote has become part of the page. */
async function assertOnlyText(page) {
    const found = await page.evaluate(() => ({
        owned: window.owned,
        made: document.querySelectorAll("script:not([src^='/assets/']), iframe, object, embed, img[src='x'], style, base, meta[http-equiv]").length,
        handlers: [...document.querySelectorAll("*")].filter((one) => [...one.attributes].some((attribute) => attribute.name.startsWith("on"))).length,
        links: [...document.querySelectorAll(".said a")].map((link) => link.protocol).filter((protocol) => !/^https?:$/.test(protocol)),
    }));
    assert.deepEqual(found, { owned: undefined, made: 0, handlers: 0, links: [] });
}

/** A PNG of one colour, without a pixel of which a decoder would not have to make four bytes. */
function png(width, height) {
    const chunk = (name, data) => {
        const body = Buffer.concat([Buffer.from(name), data]);
        const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
        length.writeUInt32BE(data.length);
        sum.writeUInt32BE(crc32(body));
        return Buffer.concat([length, body, sum]);
    };
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([1, 0, 0, 0, 0], 8);
    const rows = Buffer.alloc((1 + Math.ceil(width / 8)) * height);
    return Buffer.concat([
        Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
        chunk("IHDR", header),
        chunk("IDAT", deflateSync(rows, { level: 1 })),
        chunk("IEND", Buffer.alloc(0)),
    ]);
}

test("words, names and links of a hostile sender are words", () =>
    world(async (world) => {
        const { alice, mallory, chat } = await met(world, `${MARKUP}${TURNED}ecilA`);
        await openChat(alice);
        const said = [
            MARKUP,
            `before ${TURNED}txet denrut`,
            "\u0000\u0007\u001b[31mcontrol\u001b[0m characters",
            "a\u0301".repeat(2000),
            "😀".repeat(15000),
            `${"*_~`[(".repeat(8000)} end of the marks`,
            "> > > deep\n- ```\n1. [a](",
            "&lt;b&gt; &#x3c;img&#x3e; &amp;",
        ];
        for (const [number, text] of said.entries()) {
            await mallory("send", chat, `number ${number}: ${text.replaceAll("\u0000", "")}`);
        }
        for (const number of said.keys()) {
            await sees(alice, `number ${number}:`);
        }
        const first = alice.page.locator("article.said", { hasText: "number 0:" }).locator(".text");
        assert.equal((await first.innerText()).trim(), `number 0: ${MARKUP}`);
        // A long one is there to its end once it is asked for, with the focus where it was.
        const emoji = alice.page.locator("article.said", { hasText: "number 4:" });
        const count = async () => [...(await emoji.locator(".text").innerText()).matchAll(/😀/gu)].length;
        assert.ok((await count()) < 15000, `${await count()} are drawn at once`);
        await emoji.getByRole("button", { name: "Show more" }).focus();
        await alice.page.keyboard.press("Enter");
        const less = emoji.getByRole("button", { name: "Show less" });
        await less.waitFor();
        assert.equal(await count(), 15000);
        assert.equal(await less.evaluate((button) => button === document.activeElement), true);
        // The page answers still, and nothing reaches beyond its side.
        const wide = await alice.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `the page is ${wide} px too wide`);

        const links = {
            "javascript:alert(1)": null,
            "[look](javascript:window.owned=4)": null,
            "[look](data:text/html,<script>window.owned=5</script>)": null,
            "[look](JaVaScRiPt:x) vbscript:x file:///etc/passwd": null,
            "[https://bank.example](https://evil.example/login)": ["https://evil.example/login", "https://evil.example/login"],
            "[bank](https://bank.example@evil.example/)": ["bank (evil.example)", "https://bank.example@evil.example/"],
            "https://bank.example@evil.example/x": ["https://bank.example@evil.example/x (evil.example)", "https://bank.example@evil.example/x"],
            // The first letter is Cyrillic.
            "https://\u0430pple.example/": ["https://\u0430pple.example/ (xn--pple-43d.example)", "https://xn--pple-43d.example/"],
            [`https://evil.example/${TURNED}moc.knab`]: ["https://evil.example/moc.knab", "https://evil.example/%E2%80%AEmoc.knab"],
            "https://evil.example\\@bank.example/": ["https://evil.example\\@bank.example/", "https://evil.example/@bank.example/"],
        };
        for (const [number, text] of Object.keys(links).entries()) {
            await mallory("send", chat, `link ${number}: ${text}`);
        }
        for (const [number, [text, shown]] of Object.entries(links).entries()) {
            const message = await sees(alice, `link ${number}:`);
            const found = await message.locator(".text a").evaluateAll((all) => all.map((link) => [link.textContent, link.href, link.rel]));
            assert.deepEqual(found, shown ? [[...shown, "noopener noreferrer"]] : [], text);
        }
        await assertOnlyText(alice.page);

        // Ten megabytes that are pasted are refused in a sentence at once, and what was written before is there.
        const tooLong = alice.page.getByText("This is too long for one message. Send it as a file.");
        await composer(alice).fill("a draft that stays");
        await alice.page.evaluate(() => navigator.clipboard.writeText("😀".repeat(2_500_000)));
        await composer(alice).press("Control+V");
        await tooLong.waitFor();
        await alice.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
        assert.equal(await composer(alice).inputValue(), "a draft that stays");
        await composer(alice).press("Enter");
        await sees(alice, "a draft that stays");
        // What fits is taken in the same way, and so is what takes the place of all that was there.
        const fits = "pasted ".repeat(6000).trim();
        await alice.page.evaluate((text) => navigator.clipboard.writeText(text), fits);
        for (const _ of [1, 2]) {
            await composer(alice).press("Control+A");
            await composer(alice).press("Control+V");
            assert.equal(await composer(alice).inputValue(), fits);
        }

        // What is just too long for a message, with what goes around it, is refused when it is sent, and is there still; ten megabytes of emoji are a file.
        const before = await alice.page.locator("article.said").count();
        await say(alice, "x".repeat(64 * 1024));
        await alice.page.waitForFunction(() => document.querySelector(".composer textarea").value.length === 64 * 1024);
        await tooLong.waitFor();
        assert.equal(await alice.page.locator("article.said").count(), before);
        await composer(alice).fill("");
        const long = join(world.folder, "emoji.txt");
        await writeFile(long, "😀".repeat(2.5e6));
        await attach(alice, "file", long);
        await sees(alice, "emoji.txt");

        // Forty messages as long as messages can be are drawn as far as people write, and the page can be used.
        const floods = ["😀".repeat(15000), "- *a*\n".repeat(10000)];
        for (let count = 0; count < 20; count++) {
            for (const [kind, text] of floods.entries()) {
                await mallory("send", chat, `flood ${kind} ${count}\n${text}`);
            }
        }
        await sees(alice, "flood 1 19");
        await alice.page.reload();
        await openChat(alice);
        await sees(alice, "flood 1 19");
        const elements = await alice.page.locator(".stream *").count();
        console.log(`forty messages of 60 kB are ${elements} elements`);
        assert.ok(elements < STREAM_ELEMENTS_MAX, `${elements} elements`);
        await composer(alice).pressSequentially("I can write", { delay: 20 });
        await composer(alice).press("Enter");
        await sees(alice, "I can write");
        // What is found stands there to its end: the words are in what was left out.
        await alice.page.getByRole("button", { name: "Search in this chat" }).click();
        await alice.page.getByRole("searchbox", { name: "Search in this chat" }).fill("end of the marks");
        await alice.page.locator("article.found-message .text", { hasText: "end of the marks" }).waitFor();
    }));

test("a name made of markup and turned letters is a name in every list", () =>
    world(async (world) => {
        const { alice, mallory, chat } = await met(world, `${MARKUP.slice(0, 60)}${TURNED}`);
        await mallory("send", chat, "hello");
        await mallory("group", "create", `<b onclick=x>${TURNED}puorg\u0007`, JSON.parse((await mallory("chats", "--json")).split("\n")[0]).name);
        await alice.page.getByRole("button", { name: "Join" }).first().click();
        await until(() => alice.page.locator("a.chat-line").count(), (count) => count === 2);
        await alice.page.locator("a.chat-line", { hasText: "onclick" }).click();
        await say(alice, "I am in");
        await sees(alice, "I am in");
        await assertOnlyText(alice.page);
        // What is turned in a name ends with the name.
        const names = await alice.page.locator(".chat-name").evaluateAll((all) => all.map((name) => getComputedStyle(name).unicodeBidi));
        assert.ok(names.length > 0 && names.every((value) => value === "isolate"), names.join(" "));
    }));

test("files that are markup, bombs or lies are shown as files that can be saved", () =>
    world(async (world) => {
        const { alice, mallory, chat } = await met(world, "Mallory");
        await openChat(alice);
        const file = async (name, bytes) => {
            const path = join(world.folder, name);
            await writeFile(path, bytes);
            return path;
        };
        const sends = (path, ...words) => mallory("send", chat, "--file", path, ...words);
        // What has a timer goes from the other one's screen by itself. The page offers an hour at least, the command line any time.
        await mallory("expire", chat, "8s");
        await mallory("send", chat, "soon gone");
        const short = await sees(alice, "soon gone");
        await mallory("expire", chat, "off");
        await mallory("send", chat, "here to stay");
        await gone(short, 30000);
        await sees(alice, "here to stay");
        const row = (name) => alice.page.locator("article.said button.file", { hasText: name });
        const cases = {
            "film.mp4": `<!doctype html><script>window.owned=11</script>`,
            "note.ogg": `window.owned=12;`,
            "drawing.svg": `<svg xmlns="http://www.w3.org/2000/svg" onload="window.owned=6"><script>window.owned=7</script></svg>`,
            "page.html": `<!doctype html><script>window.owned=8</script>`,
            "photo.png": `<!doctype html><script>window.owned=9</script>`,
            [`${TURNED}gpj.exe <img src=x onerror=window.owned=10>`]: "MZ",
        };
        for (const [name, bytes] of Object.entries(cases)) {
            await sends(await file(name, bytes));
        }
        for (const [name, bytes] of Object.entries(cases).slice(0, 5)) {
            await row(name).waitFor();
            const [download] = await Promise.all([alice.page.waitForEvent("download"), row(name).click()]);
            assert.equal(download.suggestedFilename(), name);
            assert.equal(await readFile(await download.path(), "utf8"), bytes);
        }
        // Turned letters are gone from the name, and what it ends with is what it is.
        await row("gpj.exe _img src=x onerror=window.owned=10_").waitFor();

        // Whoever goes to a file's own address gets bytes, in a box where nothing runs.
        const message = await row("page.html").locator("xpath=ancestor::article").getAttribute("data-message");
        const answer = await alice.page.evaluate(async (path) => Object.fromEntries((await fetch(path)).headers), `/media/${message}/0`);
        assert.equal(answer["content-type"], "application/octet-stream");
        assert.equal(answer["x-content-type-options"], "nosniff");
        assert.equal(answer["content-security-policy"], "default-src 'none'; sandbox");

        // Bombs. The largest does not leave as a photo; its bytes alone do, and nobody decodes them.
        const bomb = await file("bomb.png", png(30000, 30000));
        await assert.rejects(sends(bomb));
        await sends(bomb, "--original");
        await row("bomb.png").waitFor();
        // This one is sent as a picture, four thousand million pixels large: the core looks before the browser does.
        await sends(await file("small.gif", Buffer.from("GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;", "latin1")));
        await row("small.gif").waitFor();
        await sends(await file("honest.png", png(64, 64)));
        const honest = alice.page.locator("img.photo-picture").last();
        await alice.page.waitForFunction((image) => image?.complete && image.naturalWidth === 64, await honest.elementHandle());
        assert.equal(await alice.page.locator("img.photo-picture").count(), 1);

        // One that is large waits until it is asked for.
        const large = join(world.folder, "large.png");
        execFileSync("ffmpeg", ["-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=2400x2400,noise=alls=100:allf=t", "-pix_fmt", "rgb24", "-frames:v", "1", large]);
        await sends(large);
        const waits = alice.page.locator("article.said", { hasText: /Show picture, \d+/ });
        const held = alice.page.locator(`[data-message="${await waits.getAttribute("data-message")}"]`);
        assert.equal(await held.locator("img").count(), 0);
        if (await held.locator(".curtain").count()) await held.locator(".curtain").click();
        await held.getByRole("button", { name: /^Show picture, \d+/ }).click();
        await alice.page.waitForFunction((image) => image?.complete && image.naturalWidth === 2400, await held.locator("img").elementHandle());

        await assertOnlyText(alice.page);
        await say(alice, "still here");
        await sees(alice, "still here");
        // The browser says that a picture did not come, and that is right.
        excuse(world.wrong, /404/);
    }));

/** What a hostile person writes wherever words are taken: markup, letters that turn the rest of the line, and a run without an end. */
const HOSTILE = `<img src=x onerror="window.owned=20"> ${TURNED}denrut ${"W".repeat(90)}`;
/** It stands there as it was written, whatever becomes of what is not seen. */
const AS_WRITTEN = '<img src=x onerror="window.owned=20">';

/** Mallory in a browser whose core says of every PNG and of every film that it is something else. */
async function liar({ browser, url }) {
    const context = await browser.newContext({ serviceWorkers: "block", permissions: ["microphone"] });
    const lies = { "image/png": "image/gif", "video/mp4": "video/ogg" };
    const told = new Set();
    await context.route("**/assets/core-*.wasm", async (route) => {
        const module = await (await route.fetch()).body();
        for (const [truth, lie] of Object.entries(lies)) {
            for (let at = module.indexOf(truth); at >= 0; at = module.indexOf(truth, at + 1)) {
                module.write(lie, at, "latin1");
                told.add(truth);
            }
        }
        await route.fulfill({ status: 200, contentType: "application/wasm", body: module });
    });
    // What was recorded are bytes of her own, once she wishes.
    await context.addInitScript(() => {
        const honest = Blob.prototype.arrayBuffer;
        Blob.prototype.arrayBuffer = function () {
            return window.lying ? Promise.resolve(window.lying.slice().buffer) : honest.call(this);
        };
    });
    const mallory = { name: "Mallory", context, page: await context.newPage(), url };
    await mallory.page.goto(url);
    return { mallory, told: () => [...told].sort() };
}

/** Counts which sounds the page fetches by itself, and which it decodes. */
function watchSounds(context) {
    return context.addInitScript(() => {
        [window.fetched, window.decoded] = [[], 0];
        const { fetch } = window;
        const { decodeAudioData } = BaseAudioContext.prototype;
        window.fetch = (what, ...how) => {
            if (String(what).startsWith("/media/") && String(what).endsWith("?shown") && !window.fetched.includes(what)) window.fetched.push(what);
            return fetch.call(window, what, ...how);
        };
        BaseAudioContext.prototype.decodeAudioData = function (...bytes) {
            window.decoded += 1;
            return decodeAudioData.apply(this, bytes);
        };
    });
}

/** A sound in WebM that says it lasts eight hours: 60,000 packets of 120 ms, in which there is nothing. */
function longSound() {
    const element = (id, ...parts) => {
        const body = Buffer.concat(parts);
        const size = Buffer.alloc(8);
        size.writeBigUInt64BE((1n << 56n) | BigInt(body.length));
        return Buffer.concat([Buffer.from(id, "hex"), size, body]);
    };
    const number = (value, bytes = 4) => {
        const written = Buffer.alloc(bytes);
        written.writeUIntBE(value, 0, bytes);
        return written;
    };
    const text = (value) => Buffer.from(value, "latin1");
    const hours = Buffer.alloc(8);
    hours.writeDoubleBE(8 * 60 * 60 * 1000);
    const rate = Buffer.alloc(8);
    rate.writeDoubleBE(48000);
    const head = element("1a45dfa3", element("4286", number(1)), element("42f7", number(1)), element("42f2", number(4)), element("42f3", number(8)),
        element("4282", text("webm")), element("4287", number(4)), element("4285", number(2)));
    const info = element("1549a966", element("2ad7b1", number(1_000_000)), element("4489", hours), element("4d80", text("x")), element("5741", text("x")));
    const opus = Buffer.concat([text("OpusHead"), Buffer.from([1, 1, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0])]);
    const audio = element("e1", element("b5", rate), element("9f", number(1)));
    const track = element("ae", element("d7", number(1)), element("73c5", number(1)), element("83", number(2)), element("86", text("A_OPUS")), element("63a2", opus), audio);
    // Six frames of 20 ms in two bytes.
    const block = (at) => Buffer.concat([Buffer.from([0xa3, 0x86, 0x81]), number(at, 2), Buffer.from([0x80, 0xfb, 6])]);
    const clusters = Array.from({ length: 240 }, (_, place) => {
        const blocks = Array.from({ length: 250 }, (_, at) => block(at * 120));
        return element("1f43b675", element("e7", number(place * 30_000)), ...blocks);
    });
    return Buffer.concat([head, element("18538067", info, element("1654ae6b", track), ...clusters)]);
}

/** The page is as wide as the window, and what turns letters ends with what it stands in. */
async function assertInItsPlace(page, where, holders) {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${where} is ${wide} px too wide`);
    for (const holder of holders) {
        const found = await page.locator(holder).evaluateAll((all) => all.map((one) => {
            const { display, unicodeBidi } = getComputedStyle(one);
            const { left, right } = one.getBoundingClientRect();
            return { apart: display !== "inline" || unicodeBidi.includes("isolate"), inside: left >= -1 && right <= innerWidth + 1 };
        }));
        assert.ok(found.length > 0, `${where} has ${holder}`);
        assert.deepEqual(found.filter(({ apart, inside }) => !apart || !inside), [], `${where}: ${holder}`);
    }
}

test("media that is said to be of another kind than it is stays a file, and nothing in it runs; hostile captions, polls, cards and groups are words on a small screen", () =>
    world(async (world) => {
        const alice = await person(world.browser, world.url, "Alice", { wrong: world.wrong, prepare: watchSounds });
        const { mallory, told } = await liar(world);
        await signUp(alice);
        await signUp(mallory);
        assert.deepEqual(told(), ["image/png", "video/mp4"], "her core calls them something else");
        await befriend(alice, mallory);
        await alice.page.setViewportSize({ width: 320, height: 640 });
        await openChat(alice);
        await openChat(mallory);
        const [picture, film, photo] = ["picture.png", "film.mp4", "photo.jpg"].map((name) => join(world.folder, name));
        const draws = (...words) => execFileSync("ffmpeg", ["-loglevel", "error", "-f", "lavfi", "-i", ...words]);
        await writeFile(picture, png(64, 64));
        draws("testsrc=size=160x120:duration=1", "-pix_fmt", "yuv420p", film);
        draws("testsrc=size=160x120", "-frames:v", "1", photo);
        const row = (name) => alice.page.locator("article.said button.file", { hasText: name });

        await attach(mallory, "photo", picture);
        await row("picture").waitFor();
        await attach(mallory, "photo", film);
        await row("film").waitFor();
        assert.equal(await alice.page.locator("img.photo-picture, video.film").count(), 0);
        const records = async (bytes, length = bytes.length) => {
            await mallory.page.getByRole("button", { name: "Record a voice message" }).click();
            await mallory.page.getByText("Recording 0:01").waitFor();
            await mallory.page.evaluate(([text, length]) => {
                window.lying = new Uint8Array(length);
                window.lying.set(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
            }, [bytes.toString("base64"), length]);
            await mallory.page.getByRole("button", { name: "Send voice message" }).click();
        };
        await records(Buffer.from("window.owned = 21;"));
        await alice.page.getByRole("group", { name: "Voice message" }).getByRole("button", { name: "Play" }).click();
        await row("voice").waitFor();
        const [download] = await Promise.all([alice.page.waitForEvent("download"), row("voice").click()]);
        assert.equal(await readFile(await download.path(), "utf8"), "window.owned = 21;");

        // Hours of silence in half a megabyte: they are never decoded, and once they are played they are a file.
        const voice = alice.page.getByRole("group", { name: "Voice message" });
        const sounds = () => alice.page.evaluate(() => ({ fetched: window.fetched.length, decoded: window.decoded }));
        await records(longSound());
        await voice.waitFor();
        await alice.page.waitForFunction(() => window.fetched.length === 2);
        await voice.getByRole("button", { name: "Play" }).click();
        await row("voice").nth(1).waitFor();
        // What is larger than ordinary notes waits until it is played, and what is much larger is a file.
        await records(Buffer.from("more than notes are"), 2 * 1024 * 1024);
        await voice.waitFor();
        await records(Buffer.from("more than anybody says"), 33 * 1024 * 1024);
        await row("voice").nth(2).waitFor();
        assert.equal(await voice.count(), 1);
        assert.deepEqual(await sounds(), { fetched: 2, decoded: 0 });
        await mallory.page.evaluate(() => (window.lying = null));

        // Words of hers around a photo, in a poll, on her card.
        await mallory.page.locator("#attach-photo").setInputFiles(photo);
        await mallory.page.locator(".tray-item .alt").fill(HOSTILE);
        await composer(mallory).fill(`caption ${HOSTILE}`);
        await mallory.page.getByRole("button", { name: "Send", exact: true }).click();
        const attaches = async (what) => {
            await mallory.page.getByRole("button", { name: "Attach" }).click();
            await mallory.page.getByRole("button", { name: what }).click();
        };
        await attaches("Poll");
        for (const field of ["Question", "Answer 1", "Answer 2"]) await dialog(mallory).getByLabel(field).fill(`${field} ${HOSTILE}`);
        await dialog(mallory).getByRole("button", { name: "Send" }).click();
        await attaches("My contact card");
        const caption = await sees(alice, "caption <img");
        assert.ok((await caption.locator(".text").innerText()).includes(AS_WRITTEN));
        assert.ok((await caption.locator("img").first().getAttribute("alt")).includes(AS_WRITTEN));
        await alice.page.locator(".poll-text").nth(1).waitFor();
        for (const words of await alice.page.locator(".poll legend, .poll-text").allInnerTexts()) assert.ok(words.includes(AS_WRITTEN), words);
        await alice.page.locator(".contact-card").waitFor();
        await assertOnlyText(alice.page);
        await assertInItsPlace(alice.page, "the chat", [".said .text", ".poll legend", ".poll-text", ".contact-name", ".file-name"]);

        // A group that she calls and describes as she likes.
        await mallory.page.getByRole("button", { name: "New group" }).first().click();
        await mallory.page.getByLabel("Group name").fill(`group ${HOSTILE}`);
        await mallory.page.locator("[data-person]").first().check();
        await mallory.page.getByRole("button", { name: "Create group" }).click();
        await composer(mallory).waitFor();
        await details(mallory);
        await mallory.page.getByLabel("What is this group about?").fill(`about ${HOSTILE}`);
        await mallory.page.getByRole("button", { name: "Save" }).first().click();
        await alice.page.getByRole("button", { name: "Back" }).first().click();
        await alice.page.getByRole("button", { name: "Join" }).first().click();
        await openChat(alice, "group <img");
        await details(alice);
        const about = alice.page.locator(".page p", { hasText: "about <img" });
        await about.waitFor();
        assert.ok((await about.innerText()).includes(AS_WRITTEN));
        await assertOnlyText(alice.page);
        await assertInItsPlace(alice.page, "the group", [".page h1", ".page p[dir=auto]", ".member"]);
        // The browser says that a picture, a film and a sound did not come, and that is right.
        excuse(world.wrong, /404/);
    }));
