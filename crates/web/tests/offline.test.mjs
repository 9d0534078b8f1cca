// Without a network, and without a server: what is written waits, what is there is shown, and everything arrives once.

import assert from "node:assert/strict";
import test from "node:test";
import { NO_CONNECTION, excuse, openChat, say, sees, texts, two } from "./people.mjs";
import { world } from "./world.mjs";

const once = async (who, text) => assert.equal((await texts(who)).filter((said) => said.trim() === text).length, 1, text);
const waits = (who, text) => who.page.locator("article.mine", { hasText: text }).locator(".delivery", { hasText: "Waiting for a connection" }).waitFor();

test("written offline it waits, the page opens from its shell, and back online it arrives once", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        await say(alice, "before");
        await sees(bob, "before");
        // The shell is kept once the service worker has the page.
        await alice.page.evaluate(() => navigator.serviceWorker.ready);
        await alice.page.reload();
        await sees(alice, "before");

        await alice.context.setOffline(true);
        await say(alice, "written offline");
        await waits(alice, "written offline");
        await alice.page.reload();
        await openChat(alice, "Bob");
        await sees(alice, "before");
        await waits(alice, "written offline");
        await alice.page.getByText("No connection.").waitFor();
        await say(bob, "while you were offline");

        await alice.context.setOffline(false);
        await sees(bob, "written offline");
        await sees(alice, "while you were offline");
        await alice.page.locator("article.mine", { hasText: "written offline" }).locator(".delivery", { hasText: /Sent|Read/ }).waitFor();

        // The server dies and comes back with what it had.
        await given.server.stop();
        await say(alice, "written without a server");
        await say(bob, "me too");
        await waits(alice, "written without a server");
        await given.server.start();
        await sees(bob, "written without a server");
        await sees(alice, "me too");
        for (const who of [alice, bob]) {
            for (const text of ["before", "written offline", "while you were offline", "written without a server", "me too"]) {
                await once(who, text);
            }
        }
        // A browser says of every connection that it could not make it.
        excuse(given.wrong, NO_CONNECTION);
    }));
