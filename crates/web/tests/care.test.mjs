// Keeping something before it goes, private pictures, and a trusted adult: what each side sees, and what is not there any more.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { draw } from "./drawn.mjs";
import { fine, fits } from "./fine.mjs";
import { act, attach, befriend, composer, details, dialog, excuse, gone, look, openChat, person, pick, say, sees, signUp, two, uncover } from "./people.mjs";
import { world } from "./world.mjs";

const PASSPHRASE = "a lantern on the old pier";

/** Gives the passphrase that is asked for when something is kept first. */
async function choose(who) {
    await dialog(who).getByLabel("Passphrase for what you keep").fill(PASSPHRASE);
    await pick(who, "Keep");
    await who.page.getByText("Kept, with its proof.").waitFor();
}

/** Takes what a list offers under these words. */
async function take(list, words) {
    await list.selectOption(await list.locator("option").filter({ hasText: words }).getAttribute("value"));
}

/** Opens what is kept; gives the messages. */
async function kept(who) {
    await who.page.goto(`${who.url}/#/kept`);
    await who.page.getByLabel("Passphrase for what you keep").fill(PASSPHRASE);
    await who.page.getByRole("button", { name: "Unlock" }).click();
    return who.page.locator(".kept-message");
}

test("before what stood out goes, it is asked once whether to keep it, and blocking keeps first", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        await say(bob, "see you at the pool");
        await sees(alice, "see you at the pool");
        // Nothing stood out: it goes at once.
        await act(alice, "see you at the pool", "Delete");
        await pick(alice, "Delete on this device");
        await gone(alice.page.locator("article.said", { hasText: "see you at the pool" }));

        await say(bob, "dont tell your mum about us, its our secret");
        await act(alice, "our secret", "Delete");
        await pick(alice, "Delete on this device");
        await dialog(alice).getByText("Something stood out here.").waitFor();
        await fine(alice.page, "keep it first?");
        await sees(alice, "our secret");
        await pick(alice, "Cancel");
        await act(alice, "our secret", "Delete");
        await pick(alice, "Delete on this device");
        await pick(alice, "Keep, then go on");
        // Whoever chooses no passphrase has nothing kept, and nothing goes.
        await dialog(alice).getByRole("button", { name: "Close" }).click();
        await sees(alice, "our secret");
        await act(alice, "our secret", "Delete");
        await pick(alice, "Delete on this device");
        await pick(alice, "Keep, then go on");
        await choose(alice);
        await gone(alice.page.locator("article.said", { hasText: "our secret" }));

        // Keep, then block.
        await say(bob, "you will be sorry");
        await sees(alice, "you will be sorry");
        const hisLines = await bob.page.locator("article.said, .notice-line").count();
        await details(alice);
        await alice.page.getByRole("button", { name: "Block", exact: true }).click();
        await dialog(alice).getByText("Blocking deletes nothing.").waitFor();
        await fine(alice.page, "keep, then block");
        await pick(alice, "Keep, then block");
        await alice.page.getByRole("button", { name: "Unblock" }).first().waitFor();
        await look(alice);
        await sees(alice, "you will be sorry");
        assert.equal(await alice.page.locator("article.said", { hasText: "you will be sorry" }).count(), 1, "nothing was deleted");
        // What he says now goes nowhere, and looks to him as it did before.
        const before = bob.page.locator("article.mine", { hasText: "you will be sorry" }).locator(".delivery");
        await say(bob, "are you there?");
        const now = bob.page.locator("article.mine", { hasText: "are you there?" }).locator(".delivery");
        await now.and(bob.page.getByTitle(await before.getAttribute("title"), { exact: true })).waitFor();
        await bob.page.waitForTimeout(1500);
        assert.equal(await alice.page.locator("article.said", { hasText: "are you there?" }).count(), 0);
        assert.equal(await composer(bob).isVisible(), true);
        const rows = await kept(alice);
        await rows.filter({ hasText: "our secret" }).waitFor();
        await rows.filter({ hasText: "you will be sorry" }).waitFor();
        await fits(alice.page, "what is kept");
        await fine(alice.page, "what is kept");

        // A screenshot of another app lies beside them: not proved, and shown when it is asked for. What must never be added is said first.
        const pictures = await draw(given.browser, given.folder);
        const never = await alice.page.getByText("Never add a picture of someone without clothes on.").boundingBox();
        assert.ok(never.y < (await alice.page.locator(".tell-choose").boundingBox()).y);
        await alice.page.locator("#screens-file").setInputFiles(pictures.boat);
        const added = alice.page.locator(".kept-screenshot");
        await added.getByText("Screenshot that you added. Not proved.").waitFor();
        await added.getByText(/^[0-9a-f]{64}$/).waitFor();
        assert.equal(await added.locator("img").count(), 0);
        await added.getByRole("button", { name: "Look at it" }).click();
        const screen = added.locator("img.screenshot");
        await screen.waitFor();
        assert.ok(await screen.evaluate((picture) => picture.decode().then(() => picture.naturalWidth > 0)));
        await fine(alice.page, "a screenshot that was added");

        // What is gone from the chat goes with its proof into a report, from where it is kept.
        await rows.filter({ hasText: "our secret" }).getByRole("button", { name: "Report" }).click();
        await dialog(alice).getByRole("button", { name: "Someone older, or pretending to be someone" }).click();
        await dialog(alice).locator(".report-message[data-kept] input:checked").waitFor();
        await dialog(alice).getByRole("button", { name: "Make the file" }).click();
        await dialog(alice).locator(".report-passphrase").waitFor();
        await dialog(alice).getByRole("button", { name: "Done" }).click();
        assert.equal(await bob.page.locator("article.said, .notice-line").count(), hisLines + 1, "the other side is not told: there is what he said himself");
        await added.getByRole("button", { name: "Keep no longer" }).click();
        await gone(added);
    }));

test("a private picture is not shown, saved or passed on any more, and one of oneself is written out once", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        const pictures = await draw(given.browser, given.folder);
        await attach(bob, "photo", pictures.boat);
        await uncover(alice);
        const photo = alice.page.locator("article.said img.photo-picture");
        await photo.waitFor();
        const address = await photo.getAttribute("src");
        const fetched = () => alice.page.evaluate((address) => fetch(address).then((answer) => answer.ok, () => false), address);
        assert.equal(await fetched(), true);
        const menu = async (who) => {
            const message = who.page.locator("article.said").last();
            await message.hover();
            await message.getByRole("button", { name: "More" }).click();
        };
        await menu(alice);
        await pick(alice, "This is a private picture");
        await dialog(alice).getByText("From now on this device does not show, save or pass on the picture.").waitFor();
        await pick(alice, "This is a child");
        const stands = alice.page.locator(".private-picture");
        await stands.getByText(/^[0-9a-f]{64}$/).waitFor();
        await stands.getByText(/^bob/).waitFor();
        assert.equal(await photo.count(), 0);
        assert.equal(await fetched(), false, "nothing answers for it any more");
        excuse(given.wrong, /404 \(gone\)/);
        assert.equal(await stands.getByRole("button").count(), 0, "of a child no file is given out");
        await menu(alice);
        await dialog(alice).getByRole("button", { name: "Report", exact: true }).waitFor();
        assert.equal(await dialog(alice).getByRole("button", { name: "Forward" }).count(), 0);
        await dialog(alice).getByRole("button", { name: "Close" }).click();
        await details(alice);
        await alice.page.getByText("Nothing yet").waitFor();
        assert.equal(await alice.page.locator(".shelf img").count(), 0);
        // After a reload as well; and the other side sees what it saw.
        await alice.page.goto(`${given.url}/#/`);
        await alice.page.reload();
        await openChat(alice);
        await stands.waitFor();
        assert.equal(await photo.count(), 0);
        assert.equal(await bob.page.locator(".private-picture").count(), 0);
        assert.equal(await bob.page.locator("article.said img.photo-picture").count(), 1);

        // One's own: the file is written once, as it was sent, and not shown.
        await menu(bob);
        await pick(bob, "This is a private picture");
        await pick(bob, "This is me");
        await dialog(bob).getByText("The picture is saved once on this device").waitFor();
        await dialog(bob).getByText("It cannot take it out of private chats.").waitFor();
        const [download] = await Promise.all([bob.page.waitForEvent("download"), dialog(bob).getByRole("button", { name: "Save the file" }).click()]);
        assert.equal((await readFile(await download.path())).subarray(0, 3).toString("hex"), "ffd8ff");
        await dialog(bob).getByText("Saved once.").waitFor();
        assert.equal(await bob.page.locator("dialog img").count(), 0);
        await pick(bob, "Done");
        await bob.page.reload();
        await openChat(bob);
        const own = bob.page.locator(".private-picture");
        await own.waitFor();
        assert.equal(await own.getByRole("button", { name: /Get the file/ }).count(), 0, "given out once");
    }));

test("a trusted adult is told with one tap from Help, and reads first how to help, then a report without pictures", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        await say(bob, "nobody likes you");
        await sees(alice, "nobody likes you");
        const gran = await person(given.browser, given.url, "Gran", given);
        await signUp(gran);
        await befriend(alice, gran);
        // Before anybody is named Help says how.
        await alice.page.getByRole("button", { name: "Help" }).first().click();
        await alice.page.getByText("Choose a trusted adult in the settings.").waitFor();
        await alice.page.locator(".need-to-talk").getByRole("button", { name: "Settings" }).click();
        await take(alice.page.getByRole("combobox", { name: "A trusted adult" }), /^gran/);
        await alice.page.getByRole("button", { name: "Help" }).first().click();
        await alice.page.getByText("Nothing from your chats goes with it.").waitFor();
        await openChat(gran);
        await alice.page.getByRole("button", { name: "I need to talk" }).click();
        await alice.page.getByText(/^gran\d* is told\.$/).waitFor();

        // Whoever listens, or looks at the list, hears that somebody asks for them, and not yet what they say.
        await gran.page.locator("p[role=status].for-readers", { hasText: "Asks for you" }).waitFor({ state: "attached" });
        await gran.page.locator("a.chat-line", { hasText: "Asks for you" }).waitFor();
        assert.match(await gran.page.locator("article.said").last().getAttribute("aria-label"), /Asks for you/);
        assert.doesNotMatch(await gran.page.locator("body").innerText(), /I need to talk/);
        const first = gran.page.locator(".care-first");
        for (const line of ["Thank them.", "Don’t blame.", "Don’t promise to keep it secret.", "Don’t ask for or look at pictures.", "Ask if they are safe now."]) {
            await first.getByText(line).waitFor();
        }
        assert.equal(await gran.page.locator("article.said .text").count(), 0, "that is read first");
        await gran.page.getByRole("button", { name: "Show the message" }).click();
        await gran.page.locator("article.said .text", { hasText: "I need to talk." }).waitFor();

        // A report to them, who stand first among those whom it can go to.
        await alice.page.goto(`${given.url}/#/`);
        await openChat(alice, "Bob");
        await act(alice, "nobody likes you", "Report");
        await dialog(alice).getByRole("button", { name: "Someone is being mean or threatening" }).click();
        await dialog(alice).getByText("Change", { exact: true }).click();
        assert.match(await dialog(alice).getByLabel("Who gets it?").locator("option").first().innerText(), /^gran\d*, whom you trust$/);
        await take(dialog(alice).getByLabel("Who gets it?"), /whom you trust$/);
        await dialog(alice).getByText(/^It goes to gran/).waitFor();
        await dialog(alice).getByRole("button", { name: "Send", exact: true }).click();
        await dialog(alice).getByText(/Report number /).waitFor();
        await dialog(alice).getByRole("button", { name: "Done" }).click();
        await gran.page.getByRole("button", { name: "Read the report" }).click();
        const read = dialog(gran);
        await read.getByText("Thank them.").waitFor();
        await read.locator(".exhibit-words", { hasText: "nobody likes you" }).waitFor();
        await read.getByText(/^Made with this account's key, or by the Safety Authority\./).waitFor();
        assert.equal(await read.locator("img").count(), 0);
        await read.getByRole("button", { name: "Close" }).click();
        assert.equal(await bob.page.locator(".care-first").count(), 0);
    }));
