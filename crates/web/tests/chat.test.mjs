// Two people in two browsers, from nothing to a chat. Every promise is read from the other one's screen.

import assert from "node:assert/strict";
import test from "node:test";
import { befriend, openChat, person, say, sees, signUp } from "./people.mjs";
import { world } from "./world.mjs";

test("two people sign up, become contacts by a link, and chat", () =>
    world(async ({ url, browser, wrong }) => {
        const [alice, bob] = [await person(browser, url, "Alice", { wrong }), await person(browser, url, "Bob", { wrong })];
        await signUp(alice);
        await signUp(bob);
        await befriend(alice, bob);
        await openChat(alice);
        await openChat(bob);
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
