// A new version of the page: one calm line, and the page is the new one when its person says so.

import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import test from "node:test";
import { signUp } from "./people.mjs";
import { fresh, opened, world } from "./world.mjs";

test("a new version says so in one line, waits until it is let in, and then is in every tab", () =>
    world(async (given) => {
        const { url } = given;
        const context = await fresh(given);
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
            // The second one works through the core of the first, which goes when the first loads the new page.
            const second = await context.newPage();
            await second.goto(address);
            assert.equal(await opened(second), "somebody");
            const core = (tab) => tab.evaluate(() => document.getElementById("core-script").content);
            const old = await core(second);
            for (const tab of [page, second]) await tab.evaluate(() => (window.before = true));
            await page.getByRole("button", { name: "Reload" }).click();
            for (const tab of [page, second]) {
                await tab.waitForFunction(() => !window.before);
                assert.equal(await opened(tab), "somebody");
                assert.notEqual(await core(tab), old);
                assert.equal(await tab.getByText("A new version is ready.").count(), 0);
            }
            await page.close();
            await second.reload();
            assert.equal(await opened(second), "somebody");
            assert.equal(await second.evaluate(() => navigator.serviceWorker.getRegistration().then((all) => all.waiting)), null);
        } finally {
            close();
        }
    }));

/** What stands between the browser and the server, and can hand out a page of another version, whose core has another address. */
async function between(url) {
    const to = new URL(url);
    const CORE = /core-([0-9a-f]+)\.js/g;
    let later = false;
    // Another name of the same length, and back.
    const turned = (hash) => [...hash].map((digit) => (15 - Number.parseInt(digit, 16)).toString(16)).join("");
    const renamed = (text) =>
        text.replace(CORE, (_, hash) => `core-${turned(hash)}.js`).replace(/treehouse-shell-([0-9a-f]+)/, (_, hash) => `treehouse-shell-${turned(hash)}`);
    const there = new Set();
    const server = createServer((asked, answer) => {
        // Whole, as it is, whatever the browser has.
        const { "if-none-match": _, ...wanted } = { ...asked.headers, "accept-encoding": "" };
        const path = there.has(asked.url) ? renamed(asked.url) : asked.url;
        const on = request({ host: to.hostname, port: to.port, path, method: asked.method, headers: wanted }, (got) => {
            const { "content-length": _, etag: __, ...rest } = got.headers;
            const headers = { ...rest, "cache-control": "no-store" };
            answer.writeHead(got.statusCode, headers);
            const parts = [];
            got.on("data", (bytes) => parts.push(bytes));
            got.on("end", () => {
                const whole = Buffer.concat(parts);
                if (!later || !["/", "/sw.js"].includes(asked.url)) return answer.end(whole);
                const text = renamed(whole.toString());
                for (const [name] of text.matchAll(CORE)) there.add(`/assets/${name}`);
                answer.end(text);
            });
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
        update: () => (later = true),
        close: () => {
            open.forEach((end) => end.destroy());
            server.closeAllConnections();
            server.close();
        },
    };
}
