// A new version of the page: one calm line, and the page is the new one when its person says so.

import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import test from "node:test";
import { signUp } from "./people.mjs";
import { opened, world } from "./world.mjs";

test("a new version says so in one line and waits until it is let in", () =>
    world(async ({ url, context }) => {
        const { address, close, update } = await between(url);
        try {
            const page = await context.newPage();
            await page.goto(address);
            await signUp({ page, name: "Alice" });
            await page.evaluate(() => navigator.serviceWorker.ready);
            const notice = page.getByText("A new version is ready.");
            assert.equal(await notice.count(), 0);
            update();
            await page.evaluate(() => navigator.serviceWorker.getRegistration().then((all) => all.update()));
            await notice.waitFor();
            await page.evaluate(() => (window.before = true));
            await page.getByRole("button", { name: "Reload" }).click();
            await page.waitForFunction(() => !window.before);
            assert.equal(await opened(page), "somebody");
            assert.equal(await notice.count(), 0);
            assert.equal(await page.evaluate(() => navigator.serviceWorker.getRegistration().then((all) => all.waiting)), null);
        } finally {
            close();
        }
    }));

/** What stands between the browser and the server, and can hand out a service worker of another version. */
async function between(url) {
    const to = new URL(url);
    let version = "";
    const server = createServer((asked, answer) => {
        // Whole, as it is, whatever the browser has.
        const { "if-none-match": _, ...wanted } = { ...asked.headers, "accept-encoding": "" };
        const on = request({ host: to.hostname, port: to.port, path: asked.url, method: asked.method, headers: wanted }, (got) => {
            const { "content-length": _, etag: __, ...rest } = got.headers;
            const headers = { ...rest, "cache-control": "no-store" };
            answer.writeHead(got.statusCode, headers);
            got.on("data", (bytes) => answer.write(bytes));
            got.on("end", () => answer.end(asked.url === "/sw.js" ? version : ""));
        });
        asked.pipe(on);
    });
    const open = new Set();
    server.on("upgrade", (asked, socket, head) => {
        const on = connect(Number(to.port), to.hostname, () => {
            const lines = asked.rawHeaders.reduce((all, word, place) => all + word + (place % 2 ? "\r\n" : ": "), "");
            on.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${lines}\r\n`);
            on.write(head);
            on.pipe(socket).pipe(on);
        });
        for (const end of [on, socket]) {
            open.add(end);
            end.on("error", () => {});
        }
    });
    await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
    return {
        address: `http://127.0.0.1:${server.address().port}`,
        update: () => (version = "\n// A later version.\n"),
        close: () => {
            open.forEach((end) => end.destroy());
            server.closeAllConnections();
            server.close();
        },
    };
}
