// A passphrase before everything: without it the page shows nothing, with it everything is there again.

import assert from "node:assert/strict";
import test from "node:test";
import { befriend, openChat, person, say, sees, signUp } from "./people.mjs";
import { world } from "./world.mjs";

const PASSPHRASE = "four plain words here";

test("a passphrase locks the page until it is given, and messages wait for it", () =>
    world(async ({ url, browser, wrong }) => {
        const [alice, bob] = [await person(browser, url, "Alice", { wrong }), await person(browser, url, "Bob", { wrong })];
        await signUp(alice);
        await signUp(bob);
        await befriend(alice, bob);
        const { page } = alice;
        await page.goto(`${url}/#/settings`);
        const [first, second] = [page.getByLabel("Passphrase", { exact: true }), page.getByLabel("Once more")];
        const set = page.getByRole("button", { name: "Set a passphrase" });
        const lockNow = (tab) => tab.getByRole("button", { name: "Lock now" });
        await set.waitFor();
        assert.equal(await lockNow(page).count(), 0);
        await first.fill(PASSPHRASE);
        await second.fill("another one");
        await set.click();
        await page.getByText("The two are not the same.").waitFor();
        await second.fill(PASSPHRASE);
        await set.click();
        await page.getByText("The passphrase is set.").waitFor();
        await page.getByRole("button", { name: "Change the passphrase" }).waitFor();

        await page.reload();
        const ask = page.getByLabel("Passphrase", { exact: true });
        await ask.waitFor();
        await openChat(bob);
        await say(bob, "said while it was locked");
        assert.equal(await page.getByText("Bob").count(), 0);
        await ask.fill("not this one");
        await page.getByRole("button", { name: "Unlock" }).click();
        await page.getByText("This passphrase is not the right one.").waitFor();
        await ask.fill(PASSPHRASE);
        await page.getByRole("button", { name: "Unlock" }).click();
        await openChat(alice);
        await sees(alice, "said while it was locked");

        // It is locked at once in every tab, and nothing of what was shown is there.
        const other = await alice.context.newPage();
        await other.goto(`${url}/#/settings`);
        await lockNow(other).click();
        for (const tab of [page, other]) {
            await tab.getByRole("button", { name: "Unlock" }).waitFor();
            assert.equal(await tab.getByText("Bob").count(), 0);
        }
        await say(bob, "said after it was locked");
        await other.getByLabel("Passphrase", { exact: true }).fill(PASSPHRASE);
        await other.getByRole("button", { name: "Unlock" }).click();
        await lockNow(other).waitFor();
        await openChat(alice);
        await sees(alice, "said after it was locked");

        await page.goto(`${url}/#/settings`);
        await page.getByRole("button", { name: "Remove the passphrase" }).click();
        await page.getByRole("button", { name: "Remove the passphrase" }).waitFor({ state: "detached" });
        await page.reload();
        await openChat(alice);
        await sees(alice, "said while it was locked");
    }));
