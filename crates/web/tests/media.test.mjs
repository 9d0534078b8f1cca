// Pictures, films and files between two browsers.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { clickedInItsMiddle, ffmpeg, filmed } from "./film.mjs";
import { act, attach, dialog, gone, say, sees, two, uncover } from "./people.mjs";
import { slow } from "./way.mjs";
import { world } from "./world.mjs";

/** So often a piece is asked for, every 1.5 s, before the core takes a line on which nothing comes for dead and tries another (15 s). */
const ASKED_TOO_OFTEN = 8;

/** A film of so many bytes is of several pieces, at which a browser does not look by itself. */
const FILM_MIN = 8 * 1024 * 1024;

/** From a click in the middle of a film until it plays there. Alone it takes less than one second; other tests may have the processors. */
const SOON_MS = 5000;

test("a photo, a film that plays at a click in its middle, and a file arrive at the other side", () =>
    world(async ({ url, browser, wrong, folder }) => {
        const [photo, film, file] = ["photo.jpg", "film.mp4", "notes.bin"].map((name) => join(folder, name));
        ffmpeg("-i", "testsrc=size=1600x1200", "-frames:v", "1", photo);
        filmed(film);
        const bytes = await readFile(film);
        assert.ok(bytes.length > FILM_MIN && bytes.lastIndexOf("moov") > bytes.length * 0.99, `${bytes.length} bytes`);
        execFileSync("dd", ["if=/dev/urandom", `of=${file}`, "bs=1k", "count=3000", "status=none"]);
        const way = await slow(url);
        way.letGo();
        const [alice, bob] = await two({ url, urls: [url, way.url], browser, wrong });

        // No finger, no camera: there is one way to a photo, not two that are the same.
        const ways = await alice.page.locator("label[for^=attach-]").evaluateAll((all) => all.filter((one) => getComputedStyle(one).display !== "none").map((one) => one.htmlFor));
        assert.deepEqual(ways, ["attach-photo", "attach-file"]);
        await attach(alice, "photo", photo);
        const picture = bob.page.locator("img.photo-picture").first();
        await picture.waitFor();
        await bob.page.waitForFunction((image) => image.complete && image.naturalWidth === 1600, await picture.elementHandle());
        await uncover(bob);
        await bob.page.getByRole("button", { name: "Open picture" }).click();
        await looksAround(bob.page);
        await bob.page.keyboard.press("Escape");

        const asked = way.asked.length;
        await attach(alice, "photo", film);
        const video = bob.page.locator("video.film").first();
        await video.waitFor();
        await bob.page.waitForFunction((video) => video.readyState >= 1, await video.elementHandle());
        await uncover(bob);
        assert.ok((await video.evaluate((video) => video.duration)) > 59);
        const { from, at, playing, after } = await clickedInItsMiddle(bob.page, video);
        console.log(`the film played on from ${at.toFixed(1)} s, ${Math.round(after)} ms after a click in its middle`);
        const fetched = way.asked.slice(asked).map((range) => range.match(/\d+/g).map(Number)).reduce((sum, [first, last]) => sum + last - first + 1, 0);
        assert.ok(from < 28, `it had played as far as ${from} s by itself`);
        assert.ok(at > 30 && at < 34, `it plays at ${at} s`);
        assert.ok(fetched > 0 && fetched < bytes.length * 0.8, `${fetched} of ${bytes.length} bytes were fetched`);
        assert.ok(playing, "it plays on");
        assert.ok(after < SOON_MS, `it took ${after} ms`);

        await attach(alice, "file", file);
        const [download] = await Promise.all([bob.page.waitForEvent("download"), bob.page.locator("button.file").first().click()]);
        const sha = (bytes) => createHash("sha256").update(bytes).digest("hex");
        assert.equal(download.suggestedFilename(), "notes.bin");
        assert.equal(sha(await readFile(await download.path())), sha(await readFile(file)));
    }));

test("a file of many pieces is the same at the other side, read through, read again and read across an edge", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        const file = join(given.folder, "many.bin");
        // Three parts of an upload, twenty pieces at rest, and a last one of each that is not whole.
        execFileSync("dd", ["if=/dev/urandom", `of=${file}`, "bs=1001", "count=20480", "status=none"]);
        await attach(alice, "file", file);
        const shown = bob.page.locator("article.said button.file").first();
        await shown.waitFor();
        const message = await shown.locator("xpath=ancestor::article").getAttribute("data-message");
        const bytes = await readFile(file);
        const sha = (bytes) => createHash("sha256").update(bytes).digest("hex");
        const read = (range) => bob.page.evaluate(async ([path, range]) => {
            const answer = await fetch(path, { headers: range ? { range } : {} });
            const bytes = await answer.arrayBuffer();
            const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
            return [answer.status, bytes.byteLength, Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("")];
        }, [`/media/${message}/0`, range]);
        for (const time of ["from the server", "from what is kept"]) {
            assert.deepEqual(await read(), [200, bytes.length, sha(bytes)], time);
        }
        // Sixteen segments of 65,520 bytes are kept together.
        const edge = 16 * 65520;
        assert.deepEqual(await read(`bytes=${edge - 20}-${edge + 19}`), [206, 40, sha(bytes.subarray(edge - 20, edge + 20))]);
        const end = bytes.length - 7;
        assert.deepEqual(await read(`bytes=${end}-`), [206, 7, sha(bytes.subarray(end))]);
    }));

/** A picture that is zoomed in is moved by keys from its first edge to its last, and saved under its name. */
async function looksAround(page) {
    const picture = page.locator("dialog.viewer[open] .viewer-picture img");
    await picture.waitFor();
    await page.waitForFunction(() => document.querySelector("dialog.viewer[open]").contains(document.activeElement));
    const edges = () => picture.evaluate((image) => {
        const [inner, outer] = [image.getBoundingClientRect(), image.parentElement.getBoundingClientRect()];
        const { clientWidth, clientHeight } = image.parentElement;
        return [inner.left - outer.left, inner.top - outer.top, outer.left + clientWidth - inner.right, outer.top + clientHeight - inner.bottom];
    });
    for (const _ of [1, 2, 3]) await page.keyboard.press("+");
    await page.waitForFunction((image) => image.getBoundingClientRect().width > 2 * innerWidth, await picture.elementHandle());
    const reach = async (key, edge) => {
        for (let count = 0; Math.abs((await edges())[edge]) > 1; count++) {
            assert.ok(count < 40, `${key} ends ${(await edges())[edge]} px from the edge`);
            await page.keyboard.press(key);
        }
    };
    for (const [edge, key] of ["ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"].entries()) await reach(key, edge);
    const viewer = page.locator("dialog.viewer[open]");
    const [download] = await Promise.all([page.waitForEvent("download"), viewer.getByRole("button", { name: "Download" }).click()]);
    assert.equal(download.suggestedFilename(), "photo.jpg");
}

test("on a slow line each piece of a file is fetched once, however often it is asked for, and it is waited for", () =>
    world(async (given) => {
        const way = await slow(given.url);
        const [alice, bob] = await two({ ...given, urls: [given.url, way.url] });
        const file = join(given.folder, "walk.txt");
        await writeFile(file, "a quiet walk by the river\n".repeat(100000));
        await attach(alice, "file", file);
        const shown = bob.page.locator("button.file").first();
        await shown.waitFor();
        await bob.page.evaluate(() => {
            window.asks = {};
            window.pieces = new BroadcastChannel("treehouse-pieces");
            pieces.onmessage = ({ data: [kind, id] }) => kind === "ask" && (asks[id] = (asks[id] ?? 0) + 1);
        });
        const saved = bob.page.waitForEvent("download", { timeout: 90000 });
        // What fails first is said.
        saved.catch(() => {});
        await shown.click();
        await bob.page.waitForFunction((often) => Object.values(asks).some((count) => count >= often), ASKED_TOO_OFTEN);
        assert.equal(way.asked.length, 1, `the list of pieces: ${way.asked}`);
        way.letGo();
        const download = await saved;
        assert.equal(await readFile(await download.path(), "utf8"), await readFile(file, "utf8"));
        // The list, and three times a mebibyte or less.
        assert.equal(way.asked.length, 4, String(way.asked));
        assert.equal(new Set(way.asked).size, 4, String(way.asked));
    }));

test("a file that is not what its sender said is not saved, and can be reported still", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        const file = join(given.folder, "walk.txt");
        // More than is hashed at once.
        await writeFile(file, "a quiet walk by the river\n".repeat(100000));
        await attach(alice, "file", file);
        const shown = bob.page.locator("button.file").first();
        await shown.waitFor();
        const downloads = [];
        bob.page.on("download", (download) => downloads.push(download));
        // No program of ours states another hash than the true one: here another file comes than the one that she stated, by its last letter.
        await bob.page.evaluate(() => {
            window.honest = Response.prototype.blob;
            Response.prototype.blob = async function () {
                const blob = await honest.call(this);
                return new Blob([blob.slice(0, blob.size - 1), "!"], { type: blob.type });
            };
        });
        await shown.click();
        await bob.page.getByText("walk.txt is not what its sender said it is.").first().waitFor();
        assert.deepEqual(downloads, []);
        await act(bob, "walk.txt", "Report");
        await dialog(bob).getByRole("button", { name: "Someone is being mean or threatening" }).click();
        await dialog(bob).locator(".report-message input:checked").first().waitFor();
        await dialog(bob).getByRole("button", { name: "Close" }).click();
        // The true one is saved.
        await bob.page.evaluate(() => (Response.prototype.blob = honest));
        const [download] = await Promise.all([bob.page.waitForEvent("download"), shown.click()]);
        assert.equal(await readFile(await download.path(), "utf8"), await readFile(file, "utf8"));
    }));

test("an upload that is stopped never arrives", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        const file = join(given.folder, "large.bin");
        execFileSync("truncate", ["-s", "80M", file]);
        await attach(alice, "file", file);
        await alice.page.getByRole("button", { name: "Stop sending" }).click();
        await gone(alice.page.locator("article.said"));
        await say(alice, "never mind");
        await sees(bob, "never mind");
        assert.equal(await bob.page.locator("article.said").count(), 1);
    }));
