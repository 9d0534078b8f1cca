// A push service of our own, on this machine, and the browser's part between it and the service worker, played over CDP.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { PATIENCE_MS } from "./people.mjs";

/** A push service that takes every knock. */
export async function pushService() {
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
export function subscribesAt(endpoint) {
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
        sessionStorage.setItem("subscription", JSON.stringify(endpoint));
        return made(endpoint);
    };
}

export async function settings(who) {
    await who.page.goto(`${who.url}/#/settings`);
    return who.page.getByRole("region", { name: "Notifications" });
}

export async function knocked(service, count) {
    for (let n = 0; n < 600 && service.knocks.length < count; n++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(service.knocks.length, count);
}

/** Before a notification stands there the browser takes a question after it for a reason to forget it. */
const STANDS_MS = 1000;

/** How many knocks the service worker has done with. */
function done() {
    if (self.done === undefined) {
        self.done = 0;
        const { waitUntil } = ExtendableEvent.prototype;
        ExtendableEvent.prototype.waitUntil = function (work) {
            if (this instanceof PushEvent) work.finally(() => (self.done += 1));
            return waitUntil.call(this, work);
        };
    }
    return self.done;
}

/** Hands a knock to the service worker, as the browser does, and waits until it is done with it. */
export async function deliver(who) {
    const [worker] = who.context.serviceWorkers();
    const before = await worker.evaluate(done);
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
    for (const until = Date.now() + PATIENCE_MS; (await worker.evaluate(done)) <= before; ) {
        assert.ok(Date.now() < until, "nobody answers the knock");
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await new Promise((resolve) => setTimeout(resolve, STANDS_MS));
}

export function shown(who) {
    const [worker] = who.context.serviceWorkers();
    return worker.evaluate(async () => (await self.registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag })));
}
