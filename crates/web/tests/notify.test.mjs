// Notifications while the page is closed: asked for by the person and never before, from the setting to the line on the screen. The push service
// is one of our own, on this machine; the browser's part between it and the service worker is played over CDP.

import assert from "node:assert/strict";
import test from "node:test";
import { befriend, openChat, person, say, sees, signUp } from "./people.mjs";
import { deliver, knocked, pushService, settings, shown, subscribesAt } from "./push.mjs";
import { world } from "./world.mjs";

test("what was allowed wakes a closed page once, without a name or a word, and can be turned off", async () => {
    const service = await pushService();
    try {
        await world(
            async ({ url, browser, wrong }) => {
                const [alice, bob] = [await person(browser, url, "Alice", { wrong }), await person(browser, url, "Bob", { wrong })];
                await alice.context.addInitScript(subscribesAt, `${service.origin}/send/a-device`);
                await alice.page.reload();
                await alice.context.grantPermissions(["notifications"], { origin: url });
                await signUp(alice);
                await signUp(bob);
                await befriend(alice, bob);
                await openChat(bob);
                // The browser would allow it, the person has not: nothing is subscribed and nobody knocks.
                const card = await settings(alice);
                await card.getByRole("button", { name: "Allow notifications" }).waitFor();
                assert.deepEqual(await alice.page.evaluate(() => window.subscribed), []);
                await alice.page.goto("about:blank");
                await say(bob, "are you there?");
                await bob.page.waitForTimeout(8000);
                assert.equal(service.knocks.length, 0);

                await (await settings(alice)).getByRole("button", { name: "Allow notifications" }).click();
                await card.getByText("Notifications are on for this device.").waitFor();
                assert.deepEqual(await alice.page.evaluate(() => window.subscribed), [{ visible: true, key: 65 }]);
                await alice.page.waitForTimeout(1500);
                // Who looks at the page is not knocked for, and a knock that comes all the same shows nothing.
                await say(bob, "now you are");
                await bob.page.waitForTimeout(8000);
                assert.equal(service.knocks.length, 0, "she has it on her screen");
                await deliver(alice);
                assert.deepEqual(await shown(alice), []);

                await alice.page.goto("about:blank");
                await say(bob, "the marmalade is in the cupboard");
                await knocked(service, 1);
                const [knock] = service.knocks;
                assert.equal(knock.path, "/send/a-device");
                assert.equal(knock.length, 0, "nothing in it");
                assert.match(knock.authorization, /^vapid t=[\w-]+\.[\w-]+\.[\w-]+, k=[\w-]{87}$/);
                await say(bob, "and the bread is on the table");
                await bob.page.waitForTimeout(8000);
                assert.equal(service.knocks.length, 1, "once an absence");
                await deliver(alice);
                await deliver(alice);
                assert.deepEqual(await shown(alice), [{ title: "Treehouse", body: "Something is waiting for you.", tag: "waiting" }]);

                await (await settings(alice)).getByRole("button", { name: "Turn notifications off" }).click();
                await card.getByRole("button", { name: "Allow notifications" }).waitFor();
                await openChat(alice);
                await sees(alice, "the bread is on the table");
                await alice.page.goto("about:blank");
                await say(bob, "good night");
                await bob.page.waitForTimeout(8000);
                assert.equal(service.knocks.length, 1, "turned off");
            },
            { more: ["--push-to", service.origin], whole: true },
        );
    } finally {
        service.close();
    }
});

test("who said no to the browser is told what to do", () =>
    world(async ({ url, browser, wrong }) => {
        const alice = await person(browser, url, "Alice", { wrong });
        await alice.context.addInitScript(() => Object.defineProperty(Notification, "permission", { get: () => "denied" }));
        await alice.page.reload();
        await signUp(alice);
        const card = await settings(alice);
        await card.getByText("Your browser was told not to show notifications of this page.").waitFor();
        assert.equal(await card.getByRole("button").count(), 0);
    }, { whole: true }));

test("a browser that cannot says so", () =>
    world(async ({ url, browser, wrong }) => {
        const alice = await person(browser, url, "Alice", { wrong });
        await alice.context.addInitScript(() => delete window.PushManager);
        await alice.page.reload();
        await signUp(alice);
        await (await settings(alice)).getByText("This browser cannot show notifications of a closed page here.").waitFor();
    }, { whole: true }));
