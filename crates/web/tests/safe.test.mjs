// An account that does not vanish: kept by 12 words or by the file, lost, and back. That the chat goes on is read from the other one's screen.

import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { openChat, person, say, sees, two } from "./people.mjs";
import { clear } from "./storage.mjs";
import { world } from "./world.mjs";

const goesToList = (page) => page.evaluate(() => (location.hash = "#/"));

/** From the card to the words, as they stand on the screen. */
async function readWords({ page }) {
    await goesToList(page);
    await page.getByRole("region", { name: "Keep this account safe" }).getByRole("button", { name: "Keep it safe" }).click();
    await page.getByText("What comes back: your name, your contacts and your groups.").waitFor();
    await page.getByText("Whoever has the words has your account.").waitFor();
    await page.getByRole("button", { name: "Show my 12 words" }).click();
    await page.locator(".twelve .word").nth(11).waitFor();
    return page.locator(".twelve .word").allInnerTexts();
}

async function confirm({ page }, words) {
    await page.getByRole("button", { name: "I wrote them down" }).click();
    const labels = await page.locator("form label").allInnerTexts();
    assert.equal(labels.length, 3);
    for (const label of labels) await page.getByLabel(label, { exact: true }).fill("zoo");
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.getByText("These are not your words.").waitFor();
    for (const label of labels) await page.getByLabel(label, { exact: true }).fill(words[Number(/\d+/.exec(label)[0]) - 1]);
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.getByText("Your account is safe").waitFor();
    await page.locator('[data-stored="true"]').waitFor();
}

/** The chat stands there, and after a while somebody in it has let the new device in. */
async function comesBack({ page }) {
    await page.getByRole("navigation", { name: "Chats" }).waitFor();
    await page.locator("a.chat-line").first().waitFor();
    await page.locator(".coming-back").waitFor({ state: "detached", timeout: 90000 });
}

test("an account comes back with 12 words, and once more with the file, and its chat goes on both ways", () =>
    world(async ({ url, browser, wrong, folder }) => {
        const [alice, bob] = await two({ url, browser, wrong });
        assert.equal(await alice.page.getByRole("button", { name: "Keep it safe" }).count(), 0, "nothing was said yet");
        // The card does not come under a finger: what is in the list stays where it is until one goes somewhere.
        await goesToList(bob.page);
        const line = bob.page.locator("a.chat-line");
        const card = bob.page.getByRole("button", { name: "Keep it safe" });
        // At first it comes at once: nobody reaches for anything yet.
        await bob.page.waitForTimeout(2500);
        const before = (await line.boundingBox()).y;
        await say(alice, "see you at the lake");
        await line.getByText("see you at the lake").waitFor();
        assert.deepEqual([await card.count(), (await line.boundingBox()).y], [0, before]);
        await openChat(bob);
        await card.waitFor();
        await sees(bob, "see you at the lake");

        const words = await readWords(alice);
        assert.equal(new Set(words).size > 8, true, words.length);
        await confirm(alice, words);
        await alice.page.getByRole("button", { name: "See the words again" }).click();
        const [download] = await Promise.all([
            alice.page.waitForEvent("download"),
            alice.page.getByRole("button", { name: "Save as a file" }).click(),
        ]);
        const file = join(folder, download.suggestedFilename());
        await download.saveAs(file);
        await alice.page.getByRole("button", { name: "Back" }).first().click();
        await alice.page.getByRole("button", { name: "Keep it safe" }).waitFor({ state: "detached" });

        await clear(alice.page, url);
        await alice.page.goto(url);
        await alice.page.getByRole("button", { name: "I already have an account" }).click();
        const field = alice.page.getByLabel("Your 12 words");
        const back = alice.page.getByRole("button", { name: "Bring it back" });
        await field.fill(words.slice(1).join(" "));
        await back.click();
        await alice.page.getByText("These are 11 words. There must be 12").waitFor();
        await field.fill(words.map((word, at) => (at === 3 ? "lakke" : word)).join(" "));
        await back.click();
        await alice.page.getByText("Word 4 is not spelled like any of the words we use.").waitFor();
        assert.equal(await field.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd)), "lakke", "it is marked");
        await field.fill(words.map((word, at) => `${at + 1}. ${word.toUpperCase()}`).join("\n"));
        await back.click();
        await comesBack(alice);
        await openChat(alice);
        await say(bob, "are you on the new one?");
        await sees(alice, "are you on the new one?");
        await say(alice, "yes, here I am");
        await sees(bob, "yes, here I am");
        assert.equal(await alice.page.locator("article.said").filter({ hasText: "see you at the lake" }).count(), 0, "history is elsewhere");

        // What changed when the chat went on (the pass of the new device among it) is kept by now, as it would be two minutes later by itself.
        await alice.page.goto(`${url}/#/safe`);
        await alice.page.getByRole("button", { name: "Show my 12 words" }).click();
        await alice.page.goto(`${url}/#/settings`);
        await alice.page.locator('[data-stored="true"][data-waiting="false"]').waitFor({ timeout: 150000 });

        // On a laptop, with the file; the device before says calmly that it was replaced.
        const laptop = await person(browser, url, "Alice's laptop", { wrong });
        await laptop.page.getByRole("button", { name: "I already have an account" }).click();
        await laptop.page.locator("#restore-file").setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a list") });
        await laptop.page.getByText("This is not the file with your 12 words.").waitFor();
        await laptop.page.locator("#restore-file").setInputFiles(file);
        await comesBack(laptop);
        await openChat(laptop);
        await say(bob, "and on the laptop?");
        await sees(laptop, "and on the laptop?");
        await say(laptop, "there too");
        await sees(bob, "there too");
        await alice.page.getByText("Your account is on another device now.").first().waitFor();
        assert.equal(await alice.page.locator("article.said").filter({ hasText: "there too" }).count(), 0);
        const told = await bob.page.locator("article.said .text").allInnerTexts();
        assert.deepEqual(told.map((text) => text.trim()), [
            "see you at the lake", "are you on the new one?", "yes, here I am", "and on the laptop?", "there too",
        ]);
    }));
