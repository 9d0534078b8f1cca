// "Is writing": what the other person's screen says while somebody writes.

import assert from "node:assert/strict";
import test from "node:test";
import { choose, composer, say, sees, two } from "./people.mjs";
import { world } from "./world.mjs";

/** What the head of the open chat, and the list, say that somebody is doing. */
const head = (who) => who.page.locator(".chat-head .writing");
const list = (who) => who.page.locator(".chat-line .writing");
const aloud = (who) => who.page.locator(".chat > [aria-live=polite]");

async function twoInAChat(url, browser, wrong) {
    const [alice, bob] = await two({ url, browser, wrong });
    // Off until somebody turns it on, for everybody.
    await setTyping(alice, true);
    await setTyping(bob, true);
    // Counts what a screen reader would be told.
    await bob.page.evaluate(() => {
        [window.told, window.began] = [[], performance.now()];
        const status = document.querySelector(".chat > [aria-live=polite]");
        new MutationObserver(() => status.textContent && window.told.push(status.textContent)).observe(status, { childList: true, characterData: true, subtree: true });
    });
    await say(alice, "hello");
    await sees(bob, "hello");
    return [alice, bob];
}

const setTyping = (who, on) => choose(who, "Show when I am writing, and when others are", on);

test("the other one's screen says who is writing, and stops saying so", () =>
    world(async ({ url, browser, wrong }) => {
        const [alice, bob] = await twoInAChat(url, browser, wrong);
        await composer(alice).pressSequentially("I am", { delay: 50 });
        await head(bob).waitFor();
        assert.match(await head(bob).textContent(), /^Alice is writing…$/);
        assert.match(await list(bob).first().textContent(), /^Alice is writing…$/);
        assert.equal(await head(alice).count(), 0, "nobody is told of oneself");
        // It stays while it goes on, and goes by itself when nothing comes for a while.
        for (let n = 0; n < 12; n++) {
            await composer(alice).pressSequentially("x", { delay: 0 });
            await alice.page.waitForTimeout(1000);
            assert.equal(await head(bob).count(), 1, `gone after ${n} seconds of writing`);
        }
        await head(bob).waitFor({ state: "detached", timeout: 15000 });
        // What was written takes its place at once.
        await composer(alice).pressSequentially(" here", { delay: 50 });
        await head(bob).waitFor();
        await composer(alice).press("Enter");
        await sees(bob, "here");
        await head(bob).waitFor({ state: "detached", timeout: 2000 });
        assert.equal(await list(bob).count(), 0);
        const [told, seconds] = await bob.page.evaluate(() => [window.told, (performance.now() - window.began) / 1000]);
        assert.ok(told.length > 0 && told.every((line) => line === "Alice is writing…"), told.join());
        assert.ok(told.length <= 1 + Math.floor(seconds / 30), `read aloud ${told.length} times in ${seconds} s: not each time`);
    }));

test("who takes the words away, leaves, or has it off is not shown", () =>
    world(async ({ url, browser, wrong }) => {
        const [alice, bob] = await twoInAChat(url, browser, wrong);
        await composer(alice).pressSequentially("no", { delay: 50 });
        await head(bob).waitFor();
        await composer(alice).fill("");
        await head(bob).waitFor({ state: "detached", timeout: 3000 });
        await setTyping(alice, false);
        await alice.page.waitForTimeout(4500);
        await composer(alice).pressSequentially("quiet", { delay: 50 });
        await alice.page.waitForTimeout(3000);
        assert.equal(await head(bob).count(), 0, "off: not sent");
        await composer(bob).pressSequentially("loud", { delay: 50 });
        await bob.page.waitForTimeout(3000);
        assert.equal(await head(alice).count(), 0, "off: not shown");
        await setTyping(alice, true);
        await composer(bob).pressSequentially(" and louder", { delay: 500 });
        await head(alice).waitFor();
        assert.equal(await aloud(alice).textContent(), "Bob is writing…");
    }));
