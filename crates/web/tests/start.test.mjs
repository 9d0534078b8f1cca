// The page starts: under its headers, without a word in the console, over a store that stays.

import assert from "node:assert/strict";
import test from "node:test";
import { fine } from "./fine.mjs";
import { befriend, openChat, person, say, sees, signUp } from "./people.mjs";
import { files, fresh, launch, opened, world } from "./world.mjs";

test("the page paints at once and its core becomes ready without a word in the console", () =>
    world(async (given) => {
        const { url } = given;
        const page = await (await fresh(given)).newPage();
        const answer = await page.goto(url, { waitUntil: "commit" });
        assert.match(answer.headers()["content-security-policy"], /require-trusted-types-for 'script'; trusted-types treehouse; report-uri /);
        await page.locator("h1").waitFor();
        assert.equal(await opened(page), "nobody");
    }));

test("a part of the page that does not come is missed in words, asked for again by itself, and there once it can be had", () =>
    world(async ({ url, browser }) => {
        let away = true;
        const prepare = (context) => context.route("**/assets/rest-*.wasm", (route) => (away ? route.abort() : route.continue()));
        // Past its service worker, and with a word in the console for each time.
        const { page } = await person(browser, url, "Alice", { wrong: [], serviceWorkers: "block", prepare });
        await page.getByRole("button", { name: "I already have an account" }).click();
        const missed = page.getByRole("alert").filter({ hasText: "A part of this page could not be fetched." });
        await missed.waitFor();
        await fine(page, "a part is missed");
        await page.getByRole("button", { name: "Help" }).click();
        await page.getByRole("heading", { name: "In danger now?" }).waitFor();
        await page.getByRole("button", { name: "Back" }).first().click();
        await missed.waitFor();
        away = false;
        await page.getByRole("button", { name: "Try again" }).click();
        await page.getByRole("heading", { name: "Bring your account back" }).waitFor();
        // Where somebody comes to tell something Help is there before it.
        away = true;
        await page.goto(`${url}/report`);
        await missed.waitFor();
        await page.getByRole("button", { name: "Help" }).last().click();
        await page.getByRole("heading", { name: "In danger now?" }).waitFor();
        away = false;
        await page.goto(`${url}/report`);
        await page.getByRole("heading", { name: "Tell the safety team" }).waitFor();
    }));

test("the store survives a reload and its file begins with a salt", () =>
    world(async (given) => {
        const { url } = given;
        const page = await (await fresh(given)).newPage();
        await page.goto(url);
        await signUp({ page, name: "Alice" });
        const before = await files(page, url);
        assert.match(before["/store.db"], /^[0-9a-f]{32}$/);
        assert.notEqual(before["/store.db"], "0".repeat(32));
        await page.goto(url);
        assert.equal(await opened(page), "somebody");
        await page.reload();
        assert.equal(await opened(page), "somebody");
        // A journal beside it says that something was being written when the page went.
        assert.equal((await files(page, url))["/store.db"], before["/store.db"]);
    }));

test("a contact link opens the page and what stands behind its mark reaches no server", () =>
    world(async (given) => {
        const { url } = given;
        const page = await (await fresh(given)).newPage();
        const asked = [];
        page.on("request", (request) => asked.push(request.url()));
        await page.goto(`${url}/c#c2VjcmV0`);
        assert.equal(await opened(page), "nobody");
        assert.equal(await page.evaluate(() => location.hash), "#c2VjcmV0");
        assert.ok(asked.every((address) => address.startsWith(url)), asked.join(" "));
    }));

test("text that becomes HTML and scripts from elsewhere are stopped by the browser", () =>
    world(async (given) => {
        const { url, wrong, refused } = given;
        const page = await (await fresh(given)).newPage();
        await page.goto(url);
        await opened(page);
        const stopped = (act) => page.evaluate(`(() => { try { ${act}; return "went through"; } catch (error) { return error.name; } })()`);
        assert.equal(await stopped("document.body.innerHTML = '<img>'"), "TypeError");
        assert.equal(await stopped("new Worker('/assets/other.js')"), "TypeError");
        assert.equal(await stopped("trustedTypes.createPolicy('other', {})"), "TypeError");
        assert.equal(await stopped("trustedTypes.createPolicy('default', {})"), "TypeError");
        assert.equal(await page.evaluate(() => fetch("http://127.0.0.1:9/").then(() => "went through", () => "stopped")), "stopped");
        // The browser says what it stopped, here and only here.
        assert.ok(wrong.splice(0).every((line) => /Content Security Policy|Trusted ?Type|TrustedHTML|TrustedScriptURL|127\.0\.0\.1:9/.test(line)));
        // And to whom the operator says: this is how every other test knows that nothing had to be refused.
        for (let wait = 0; wait < 100 && refused.length < 5; wait++) {
            await page.waitForTimeout(50);
        }
        const directives = refused.splice(0).map((report) => JSON.parse(report)["csp-report"]["effective-directive"]);
        for (const directive of ["require-trusted-types-for", "trusted-types", "connect-src"]) {
            assert.ok(directives.includes(directive), directives.join(" "));
        }
    }));

test("a browser without a service worker, a promise to keep, a microphone or a camera says in one sentence each what is missing, and words go through", () =>
    world(async ({ url, browser, wrong }) => {
        const without = () => {
            delete Navigator.prototype.serviceWorker;
            delete Navigator.prototype.mediaDevices;
            delete window.MediaRecorder;
            // Where a page begins there is nothing yet, and no such thing.
            delete window.StorageManager?.prototype.persist;
            delete window.StorageManager?.prototype.persisted;
        };
        const prepare = (context) => context.addInitScript(without);
        const [alice, bob] = [await person(browser, url, "Alice", { wrong, prepare }), await person(browser, url, "Bob", { wrong })];
        await signUp(bob);
        await signUp(alice);
        await alice.page.getByText("This browser cannot show photos, films and voice messages here.").waitFor();
        assert.equal(await bob.page.getByText("This browser cannot show photos").count(), 0);
        await befriend(bob, alice);
        await openChat(alice);
        await openChat(bob);
        await alice.page.getByRole("button", { name: "Record a voice message" }).click();
        await alice.page.getByText("The microphone cannot be used.").waitFor();
        await say(alice, "words go through");
        await sees(bob, "words go through");
        await say(bob, "both ways");
        await sees(alice, "both ways");
        await alice.page.locator(".list").getByText("This browser may delete your messages when space runs low.").waitFor();
        await alice.page.getByRole("button", { name: "Add a friend" }).first().click();
        await alice.page.getByRole("button", { name: "Scan a QR code" }).click();
        await alice.page.getByText("The camera cannot be used.").waitFor();
    }));

/** Each takes away what there is no way without. */
const NEEDED = {
    "private files": () => delete window.StorageManager?.prototype.getDirectory,
    locks: () => delete Navigator.prototype.locks,
};

test("a browser that cannot keep messages safely, an old one, and a page that came without HTTPS say so at once, and help is there", () =>
    world(async ({ url, browser, wrong }) => {
        const cannot = "This browser cannot keep messages safely. Use a newer one, outside of a private window, over HTTPS.";
        const says = async (page, sentence) => {
            await page.getByRole("alert").filter({ hasText: sentence }).waitFor();
            await fine(page, sentence);
            await page.getByRole("link", { name: "Help" }).click();
            await page.getByRole("heading", { name: "In danger now?" }).waitFor();
        };
        for (const [what, prepare] of Object.entries(NEEDED)) {
            const { page, context } = await person(browser, url, what, { wrong, prepare: (context) => context.addInitScript(prepare) });
            await says(page, cannot);
            await context.close();
        }
        const old = await person(browser, url, "old", { wrong, prepare: (context) => context.addInitScript(() => delete window.BroadcastChannel) });
        await says(old.page, "This browser is too old for Treehouse: use a newer one.");
        await old.context.close();

        // The worker has what the page cannot see: files that are written at once. Without it the name that was typed is the last thing that was done.
        const takes = (context) => context.route("**/assets/core-*.js", async (route) => {
            const answer = await route.fetch();
            const gone = "delete self.FileSystemSyncAccessHandle; delete FileSystemFileHandle.prototype.createSyncAccessHandle;";
            await route.fulfill({ status: 200, contentType: "text/javascript", body: `${gone}${await answer.text()}` });
        });
        // Its service worker, past which this goes, is refused with a word in the console.
        const slow = await person(browser, url, "slow", { wrong: [], serviceWorkers: "block", prepare: takes });
        await slow.page.getByLabel("Your name").fill("Sam");
        await slow.page.getByRole("button", { name: "Create account" }).click();
        await slow.page.getByRole("alert").filter({ hasText: cannot }).waitFor();
        await slow.context.close();

        // A server of one's own in a house, and no certificate.
        const plain = await launch("--host-resolver-rules=MAP treehouse.test 127.0.0.1");
        try {
            const page = await plain.newPage();
            await page.goto(url.replace("127.0.0.1", "treehouse.test"));
            assert.equal(await page.evaluate(() => isSecureContext), false);
            await says(page, cannot);
        } finally {
            await plain.close();
        }
    }));
