// A push service of our own, on this machine, and the browser's part between it and the service worker, played over CDP.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";

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

/** Hands a knock to the service worker, as the browser does. */
export async function deliver(who) {
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

export function shown(who) {
    const [worker] = who.context.serviceWorkers();
    return worker.evaluate(async () => (await self.registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag })));
}

/** The same, once there is something. */
export async function notified(who) {
    for (let n = 0; n < 600 && (await shown(who)).length === 0; n++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return shown(who);
}
