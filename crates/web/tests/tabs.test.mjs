// One person, several tabs: whichever of them has the core, all of them work, and nothing is lost or doubled when it moves.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { attach, openChat, say, sees, texts, two } from "./people.mjs";
import { held, slow } from "./way.mjs";
import { world } from "./world.mjs";

const count = (how) => [...Array(how).keys()];
const core = (page) => page.workers().filter((worker) => worker.url().includes("/assets/core-"));
/** How far what somebody sent has come, as it stands beside each. */
const delivery = (who) => who.page.locator("article.mine .delivery").allInnerTexts();

/** Each stands there once, in its order, and nothing else does. */
function assertOnce(all, expected, whose) {
    // A file has no words.
    assert.deepEqual(all.map((text) => text.trim()).filter(Boolean), expected, whose);
}

test("a second tab works through the first, takes over when it is closed, and outlives a dead core", () =>
    world(async ({ url, browser, wrong, folder }) => {
        const way = await held(url);
        const [alice, bob] = await two({ urls: [way.url, url], browser, wrong }, { prepare: (context) => context.addInitScript(keepWorkers) });
        const second = { ...alice, page: await alice.context.newPage() };
        await second.page.goto(way.url);
        await openChat(second);
        await say(second, "from the second tab");
        for (const who of [bob, alice]) await sees(who, "from the second tab");
        assert.deepEqual([core(alice.page).length, core(second.page).length], [1, 0], "the first tab has the core");
        await alice.page.locator("article.mine .delivery", { hasText: "Sent" }).waitFor();

        // The tab with the core is closed in mid-send: the server has the first message, and has not been heard saying so.
        const file = join(folder, "tally.bin");
        execFileSync("dd", ["if=/dev/urandom", `of=${file}`, "bs=1k", "count=3000", "status=none"]);
        way.hold();
        for (const number of count(5)) await say(alice, `in mid-send ${number}`);
        await sees(alice, "in mid-send 4");
        await attach(alice, "file", file);
        await alice.page.locator("article.mine", { hasText: "tally.bin" }).waitFor();
        await sees(bob, "in mid-send 0");
        const before = await delivery(alice);
        assert.equal(before.length, 7, before.join(" | "));
        assert.deepEqual(before.slice(1).filter((said) => /Sent|Read/.test(said)), [], "none of them is known to be sent");
        await alice.page.close({ runBeforeUnload: false });
        way.letGo();
        const button = bob.page.locator("button.file", { hasText: "tally.bin" });
        await button.waitFor();
        const sent = ["from the second tab", ...count(5).map((number) => `in mid-send ${number}`)];
        for (const who of [bob, second]) {
            await sees(who, "in mid-send 4");
            assertOnce(await texts(who), sent, who.name);
        }
        assert.equal(await button.count(), 1);
        const [download] = await Promise.all([bob.page.waitForEvent("download"), button.click()]);
        assert.ok((await readFile(await download.path())).equals(await readFile(file)), "the file is whole");
        await say(bob, "are you still there?");
        await sees(second, "are you still there?");
        assert.equal(core(second.page).length, 1, "the second tab has the core now");

        // The core is killed while it is busy, and the next before its first line, which nothing tells the page: what they were doing, and what is
        // said while there is none, is done by the third.
        const burst = async (from, to) => {
            for (const number of count(to).slice(from)) await say(second, `in a burst ${number}.`);
        };
        const kill = () => second.page.waitForFunction(() => window.killCore());
        await burst(0, 6);
        await kill();
        await burst(6, 9);
        await kill();
        await burst(9, 12);
        await sees(bob, "in a burst 11.");
        await say(bob, "all of it");
        await sees(second, "all of it");
        const all = [...sent, "are you still there?", ...count(12).map((number) => `in a burst ${number}.`), "all of it"];
        for (const who of [bob, second]) assertOnce(await texts(who), all, who.name);
        await second.page.reload();
        await openChat(second);
        await sees(second, "all of it");
        assertOnce(await texts(second), all, "after a reload");
    }));

test("a file that was asked of a core that dies comes from the next one", () =>
    world(async (given) => {
        const way = await slow(given.url);
        const [alice, bob] = await two({ ...given, urls: [given.url, way.url] }, { prepare: (context) => context.addInitScript(keepWorkers) });
        const file = join(given.folder, "walk.txt");
        await writeFile(file, "a quiet walk by the river\n".repeat(100000));
        await attach(alice, "file", file);
        const shown = bob.page.locator("button.file").first();
        await shown.waitFor();
        const saved = bob.page.waitForEvent("download", { timeout: 90000 });
        // What fails first is said.
        saved.catch(() => {});
        await shown.click();
        await way.asks(1);
        await bob.page.waitForFunction(() => window.killCore());
        // The next one is asked for the same, and asks the server.
        await way.asks(2);
        way.letGo();
        const download = await saved;
        assert.equal(await readFile(await download.path(), "utf8"), await readFile(file, "utf8"));
    }));

/** Runs in a page before its own scripts: workers can be ended from outside, in the middle of whatever they do. */
function keepWorkers() {
    const workers = [];
    window.Worker = class extends Worker {
        constructor(address, options) {
            super(address, options);
            if (String(address).includes("/assets/core-")) workers.push(this);
        }
    };
    window.killCore = () => {
        const worker = workers.pop();
        worker?.terminate();
        return worker !== undefined;
    };
}
