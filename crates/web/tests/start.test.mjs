// The page starts: under its headers, without a word in the console, over a store that stays.

import assert from "node:assert/strict";
import test from "node:test";
import { befriend, openChat, person, say, sees, signUp } from "./people.mjs";
import { files, opened, world } from "./world.mjs";

test("the page paints at once and its core becomes ready without a word in the console", () =>
    world(async ({ url, context }) => {
        const page = await context.newPage();
        const answer = await page.goto(url, { waitUntil: "commit" });
        assert.match(answer.headers()["content-security-policy"], /require-trusted-types-for 'script'; trusted-types treehouse; report-uri /);
        await page.locator("h1").waitFor();
        assert.equal(await opened(page), "nobody");
    }));

test("the store survives a reload and its file begins with a salt", () =>
    world(async ({ url, context }) => {
        const page = await context.newPage();
        await page.goto(url);
        await signUp({ page, name: "Alice" });
        const before = await files(page, url);
        assert.match(before["/store.db"], /^[0-9a-f]{32}$/);
        assert.notEqual(before["/store.db"], "0".repeat(32));
        await page.goto(url);
        assert.equal(await opened(page), "somebody");
        await page.reload();
        assert.equal(await opened(page), "somebody");
        assert.deepEqual(await files(page, url), before);
    }));

test("a contact link opens the page and what stands behind its mark reaches no server", () =>
    world(async ({ url, context }) => {
        const page = await context.newPage();
        const asked = [];
        page.on("request", (request) => asked.push(request.url()));
        await page.goto(`${url}/c#c2VjcmV0`);
        assert.equal(await opened(page), "nobody");
        assert.equal(await page.evaluate(() => location.hash), "#c2VjcmV0");
        assert.ok(asked.every((address) => address.startsWith(url)), asked.join(" "));
    }));

test("text that becomes HTML and scripts from elsewhere are stopped by the browser", () =>
    world(async ({ url, context, wrong, refused }) => {
        const page = await context.newPage();
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

test("a browser without a service worker says in one sentence what is missing, and words go through", () =>
    world(async ({ url, browser, wrong }) => {
        const [alice, bob] = [await person(browser, url, "Alice", { wrong }), await person(browser, url, "Bob", { wrong })];
        await signUp(bob);
        await alice.context.addInitScript(() => delete Navigator.prototype.serviceWorker);
        await alice.page.reload();
        await signUp(alice);
        await alice.page.getByText("This browser cannot show photos, films and voice messages here.").waitFor();
        assert.equal(await bob.page.getByText("This browser cannot show photos").count(), 0);
        await befriend(bob, alice);
        await openChat(alice);
        await openChat(bob);
        await say(alice, "words go through");
        await sees(bob, "words go through");
    }));
