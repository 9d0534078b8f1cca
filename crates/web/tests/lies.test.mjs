// A server that lies: what it changes, repeats, makes up or cuts short is refused or told, and nothing is on a screen that nobody said.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { draw } from "./drawn.mjs";
import { fine } from "./fine.mjs";
import { NO_CONNECTION, attach, excuse, gone, openChat, say, sees, texts, two } from "./people.mjs";
import { lying } from "./way.mjs";
import { world } from "./world.mjs";

/** Frames of less than this bring no message. */
const MESSAGE_MIN = 300;
/** What a browser says of what the server did, and not of what the page did. */
const OF_THE_SERVER = new RegExp(`${NO_CONNECTION.source}|Failed to load resource|Content-Length|ERR_CONTENT_LENGTH_MISMATCH`);

const flipped = (bytes, at = bytes.length >> 1) => Buffer.from(bytes.map((byte, place) => (place === at ? byte ^ 1 : byte)));
const said = async (who) => (await texts(who)).map((text) => text.trim());

/** What else than the truth it may send in the place of one of its frames. */
const FRAMES = {
    "twice": (frame) => [frame, frame],
    "with a byte changed": (frame) => [frame.payload.length < MESSAGE_MIN ? frame : { ...frame, payload: flipped(frame.payload) }],
    "cut short": (frame) => [frame.payload.length < MESSAGE_MIN ? frame : { ...frame, payload: frame.payload.subarray(0, frame.payload.length - 7) }],
    "with noise before it": (frame) => [{ first: 0x82, payload: randomBytes(1000) }, frame],
    "with text before it": (frame) => [{ first: 0x81, payload: Buffer.from("<img src=x onerror=alert(1)>") }, frame],
    "with a megabyte before it": (frame) => [{ first: 0x82, payload: Buffer.alloc(1 << 20) }, frame],
    "as nothing": (frame) => [{ ...frame, payload: Buffer.alloc(0) }],
};

test("what a server changes, repeats or makes up between two people is on neither screen, and once it is honest all goes on", () =>
    world(async (given) => {
        const { url, browser, wrong } = given;
        const way = await lying(url);
        const [alice, bob] = await two({ url, urls: [url, way.url], browser, wrong });
        await say(alice, "before");
        await sees(bob, "before");
        const expected = ["before"];
        for (const [how, lie] of Object.entries(FRAMES)) {
            let lied = 0;
            way.lies.frame = (frame) => {
                const instead = lie(frame);
                if (instead.length !== 1 || instead[0] !== frame) lied += 1;
                return instead;
            };
            await say(alice, `while each comes ${how}`);
            await sees(alice, `while each comes ${how}`);
            for (let wait = 0; lied === 0 && wait < 300; wait++) await new Promise((done) => setTimeout(done, 100));
            assert.ok(lied > 0, how);
            await bob.page.waitForTimeout(1500);
            way.lies.frame = null;
            await say(alice, `and after ${how}`);
            await sees(bob, `and after ${how}`);
            expected.push(`while each comes ${how}`, `and after ${how}`);
            const there = await said(bob);
            assert.deepEqual(there.filter((text) => !expected.includes(text)), [], `made up: ${how}`);
            assert.equal(new Set(there).size, there.length, `doubled: ${how}: ${there.join(" | ")}`);
            console.log(`${how}: ${there.length} of ${expected.length}`);
        }
        await say(bob, "are we still alone?");
        await sees(alice, "are we still alone?");
        await bob.page.reload();
        await openChat(bob);
        await sees(bob, "are we still alone?");
        assert.deepEqual((await said(bob)).sort(), [...expected, "are we still alone?"].sort(), "all of it, once");
        await fine(bob.page, "after a server that lies");
        excuse(wrong, OF_THE_SERVER);
    }));

/** Where the core keeps pieces of files. */
const KEPT = "treehouse-held";

/** What it may send in the place of a file. */
const FILES = {
    "with a byte changed": (answer) => ({ ...answer, body: flipped(answer.body) }),
    "cut short": (answer) => ({ ...answer, body: answer.body.subarray(0, answer.body.length - 1000) }),
    "as noise": (answer) => ({ ...answer, body: randomBytes(answer.body.length) }),
    "as a page": (answer) => ({ ...answer, headers: { "content-type": "text/html" }, body: Buffer.from("<script>alert(1)</script>") }),
    "not at all": () => ({ status: 404, headers: {}, body: Buffer.from("gone") }),
};

test("a file that the server changes, cuts short or swaps is not saved under any name, a picture not shown, and both come once it is honest", () =>
    world(async (given) => {
        const { url, browser, wrong, folder } = given;
        const way = await lying(url);
        const [alice, bob] = await two({ url, urls: [url, way.url], browser, wrong });
        const downloads = [];
        bob.page.on("download", (download) => downloads.push(download));
        const refused = bob.page.getByText("This file cannot be fetched now.");
        for (const [how, lie] of Object.entries(FILES)) {
            const name = `${how.replaceAll(" ", "-")}.bin`;
            const file = join(folder, name);
            execFileSync("dd", ["if=/dev/urandom", `of=${file}`, "bs=1k", "count=300", "status=none"]);
            await attach(alice, "file", file);
            const button = bob.page.locator("button.file", { hasText: name });
            await button.waitFor();
            way.lies.answer = (path, answer) => (path.startsWith("/v1/blobs/") ? lie(answer) : answer);
            await button.click();
            await refused.waitFor();
            assert.deepEqual(downloads, [], how);
            await gone(refused);
            way.lies.answer = null;
            const saved = bob.page.waitForEvent("download");
            await button.click();
            assert.ok((await readFile(await (await saved).path())).equals(await readFile(file)), `${how}: it comes whole once it is honest`);
            downloads.length = 0;
        }

        const { hills, boat } = await draw(browser, folder);
        const shown = bob.page.locator("img.photo-picture");
        const size = () => shown.evaluateAll((all) => all.map((image) => image.naturalWidth));
        way.lies.answer = (path, answer) => (path.startsWith("/v1/blobs/") ? FILES["with a byte changed"](answer) : answer);
        await attach(alice, "photo", hills, "hills");
        await sees(bob, "hills");
        await bob.page.waitForTimeout(5000);
        assert.deepEqual((await size()).filter((width) => width > 0), []);
        way.lies.answer = null;
        await bob.page.reload();
        await openChat(bob);
        const stands = () => bob.page.waitForFunction(() => document.querySelector("img.photo-picture")?.naturalWidth > 0);
        await stands();

        // What was kept here is not what came: it is fetched anew, and the picture stands there as before.
        const spoilt = await bob.page.evaluate(async (name) => {
            const cache = await caches.open(name);
            const keys = await cache.keys();
            for (const key of keys) {
                const bytes = new Uint8Array(await (await cache.match(key)).arrayBuffer());
                bytes[bytes.length >> 1] ^= 1;
                await cache.put(key, new Response(bytes));
            }
            return keys.length;
        }, KEPT);
        assert.ok(spoilt >= 2, `${spoilt} pieces`);
        await bob.page.reload();
        await openChat(bob);
        await stands();

        // A server that fails does not make a file of a picture: it comes by itself once it can be had.
        way.lies.answer = (path, answer) => (path.startsWith("/v1/blobs/") ? { status: 500, headers: {}, body: Buffer.from("no") } : answer);
        await attach(alice, "photo", boat, "a boat");
        await sees(bob, "a boat");
        await bob.page.locator("button.file", { hasText: "boat" }).waitFor();
        way.lies.answer = null;
        await bob.page.waitForFunction(() => [...document.querySelectorAll("img.photo-picture")].filter((image) => image.naturalWidth > 0).length === 2);
        excuse(wrong, OF_THE_SERVER);
    }));
