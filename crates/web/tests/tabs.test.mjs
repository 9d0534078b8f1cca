// One person, several tabs: whichever of them has the core, all of them work, and nothing is lost or doubled when it moves.

import assert from "node:assert/strict";
import test from "node:test";
import { openChat, say, sees, two } from "./people.mjs";
import { world } from "./world.mjs";

test("a second tab works through the first, takes over when it is closed, and outlives a dead core", () =>
    world(async ({ url, browser, wrong }) => {
        const [alice, bob] = await two({ url, browser, wrong });

        const second = { ...alice, page: await alice.context.newPage() };
        await second.page.goto(url);
        await openChat(second);
        await say(second, "from the second tab");
        await sees(bob, "from the second tab");
        await sees(alice, "from the second tab");

        // The tab with the core goes in the middle of sending.
        for (let count = 0; count < 10; count++) {
            await say(second, `number ${count}`);
        }
        await alice.page.close();
        await sees(bob, "number 9");
        await say(bob, "are you still there?");
        await sees(second, "are you still there?");

        // The core dies.
        const worker = second.page.workers().find((worker) => worker.url().includes("/assets/core-"));
        assert.ok(worker, "the second tab has the core now");
        wrong.length = 0;
        await worker.evaluate(() => self.close());
        await say(second, "after the core died");
        await sees(bob, "after the core died", { timeout: 30000 });

        const texts = await bob.page.locator("article.said .text").allInnerTexts();
        for (let count = 0; count < 10; count++) {
            assert.equal(texts.filter((text) => text.trim() === `number ${count}`).length, 1, texts.join(" | "));
        }
    }));
