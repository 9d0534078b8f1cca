// Two people in two browsers, from nothing to a chat. Every promise is read from the other one's screen.

import assert from "node:assert/strict";
import test from "node:test";
import { choose, say, sees, two } from "./people.mjs";
import { world } from "./world.mjs";

test("two people sign up, become contacts by a link, and chat", () =>
    world(async ({ url, browser, wrong }) => {
        const [alice, bob] = await two({ url, browser, wrong });
        // Off until somebody turns it on, for everybody.
        await choose(bob, "Let others see when I have read", true);
        await say(alice, "hello Bob, **this** is Alice");
        await sees(bob, "hello Bob, this is Alice");
        await say(bob, "hello Alice");
        await sees(alice, "hello Alice");
        // A tick for what was read.
        await alice.page.locator("article.mine .delivery", { hasText: "Read" }).first().waitFor();
        await alice.page.reload();
        await sees(alice, "hello Alice");
        assert.equal(await alice.page.locator("article.said").count(), 2);
    }));
