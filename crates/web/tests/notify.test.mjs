// Notifications while the page is closed: asked for by the person and never before, from the setting to the line on the screen. The push service
// is one of our own, on this machine; the browser's part between it and the service worker is played over CDP.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import test from "node:test";
import { befriend, openChat, person, say, sees, signUp } from "./people.mjs";
import { world } from "./world.mjs";

/** A push service that takes every knock. */
async function pushService() {
    const knocks = [];
    const server = createServer((request, response) => {
        let length = 0;
        request.on("data", (piece) => (length += piece.length));
        request.on("end", () => {
            knocks.push({ path: request.url, length, authorization: request.headers.authorization });
            response.writeHead(201).end();
        });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { knocks, origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** What the browser's maker would do: gives out an endpoint, and remembers who asked for one. */
function subscribesAt(origin) {
    window.subscribed = [];
    const kept = () => JSON.parse(sessionStorage.getItem("subscription") ?? "null");
    const made = (endpoint) => ({
        endpoint,
        unsubscribe: async () => {
            sessionStorage.removeItem("subscription");
            return true;
        },
    });
    PushManager.prototype.getSubscription = async () => (kept() ? made(kept()) : null);
    PushManager.prototype.subscribe = async (options) => {
        window.subscribed.push({ visible: options.userVisibleOnly, key: options.applicationServerKey?.length });
        const endpoint = `${origin}/send/a-device`;
        sessionStorage.setItem("subscription", JSON.stringify(endpoint));
        return made(endpoint);
    };
}

async function settings(who) {
    await who.page.goto(`${who.url}/#/settings`);
    return who.page.getByRole("region", { name: "Notifications" });
}

async function knocked(service, count) {
    for (let n = 0; n < 200 && service.knocks.length < count; n++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(service.knocks.length, count);
}

/** Hands a knock to the service worker, as the browser does. */
async function deliver(who) {
    const cdp = await who.context.newCDPSession(who.page);
    const found = new Promise((resolve) =>
        cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
            const ours = registrations.find((one) => one.scopeURL.startsWith(who.url) && !one.isDeleted);
            if (ours) resolve(ours.registrationId);
        }),
    );
    await cdp.send("ServiceWorker.enable");
    await cdp.send("ServiceWorker.deliverPushMessage", { origin: who.url, registrationId: await found, data: "" });
    await cdp.detach();
}

function shown(who) {
    const [worker] = who.context.serviceWorkers();
    return worker.evaluate(async () => (await self.registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag })));
}

test("what was allowed wakes a closed page once, without a name or a word, and can be turned off", async () => {
    const service = await pushService();
    try {
        await world(
            async ({ url, browser, wrong }) => {
                const [alice, bob] = [await person(browser, url, "Alice", { wrong }), await person(browser, url, "Bob", { wrong })];
                await alice.context.addInitScript(subscribesAt, service.origin);
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
            { more: ["--push-to", service.origin] },
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
    }));

test("a browser that cannot says so", () =>
    world(async ({ url, browser, wrong }) => {
        const alice = await person(browser, url, "Alice", { wrong });
        await alice.context.addInitScript(() => delete window.PushManager);
        await alice.page.reload();
        await signUp(alice);
        await (await settings(alice)).getByText("This browser cannot show notifications of a closed page here.").waitFor();
    }));
