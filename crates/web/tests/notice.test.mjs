// What a person is shown about a chat, and nobody else: read from both screens, and from what leaves the browser.

import assert from "node:assert/strict";
import test from "node:test";
import { draw } from "./drawn.mjs";
import { fine, fits } from "./fine.mjs";
import { attach, back, born, details, dialog, gone, knows, openChat, say, sees, two } from "./people.mjs";
import { heard } from "./way.mjs";
import { world } from "./world.mjs";

const card = ({ page }) => page.locator(".notice-card");
const strip = ({ page }) => page.locator(".structure");

/** Nothing is under way any more. */
async function quiet(left) {
    for (let before = -1; before !== left.length; ) {
        before = left.length;
        await new Promise((done) => setTimeout(done, 4000));
    }
}

test("what stands out is told quietly to a child alone, and nothing leaves while a chat is checked", () =>
    world(async (given) => {
        const { left, way, url } = await heard(given.url);
        const elsewhere = [];
        const [alice, bob] = await two({ ...given, url });
        alice.context.on("request", (request) => request.url().startsWith(url) || elsewhere.push(request.url()));
        await born(alice, 12);
        await born(bob, 40);
        await knows(alice, "A game or another app");
        await strip(alice).getByText(/only online/).waitFor();
        assert.equal(await strip(bob).count(), 0);

        await say(bob, "did you see the match?");
        await sees(alice, "did you see the match?");
        assert.equal(await card(alice).count(), 0);
        await say(bob, "dont tell your mum about us, its our secret");
        await card(alice).waitFor();
        assert.match(await card(alice).locator("blockquote").innerText(), /tell your mum/);
        for (const name of ["Help", "Keep", "Report", "Not now"]) {
            await card(alice).getByRole("button", { name, exact: true }).waitFor();
        }
        assert.doesNotMatch(await card(alice).innerText(), /\d|%|predator|grooming/i, "no score and no verdict");
        assert.equal(await card(bob).count(), 0);
        await fits(alice.page, "what stands out");
        await fine(alice.page, "what stands out");

        // Put off by the keyboard. Words that could mean nothing bring one note a day; a threat always does.
        await card(alice).getByRole("button", { name: "Not now" }).focus();
        await alice.page.keyboard.press("Enter");
        await gone(card(alice));
        await say(bob, "delete this chat and dont tell your parents");
        await sees(alice, "delete this chat");
        await new Promise((done) => setTimeout(done, 1500));
        assert.equal(await card(alice).count(), 0);
        await say(bob, "pay me or i will show everyone your chats");
        await card(alice).waitFor();

        // Looking together: nothing leaves.
        left.length = 0;
        await say(alice, "no");
        await sees(bob, "no");
        assert.ok(left.length > 0, "what leaves is heard");
        await quiet(left);
        left.length = 0;
        await details(alice);
        await alice.page.getByRole("button", { name: "Check this chat with me" }).click();
        await dialog(alice).locator(".sign").first().waitFor();
        await dialog(alice).getByText("No signs found does not mean it is safe.").waitFor();
        await dialog(alice).getByText("How this works").click();
        await dialog(alice).getByText("not measured by other hands yet").waitFor();
        await fine(alice.page, "a chat looked through together");
        await new Promise((done) => setTimeout(done, 1000));
        assert.deepEqual([left, elsewhere], [[], []], "nothing leaves");
        assert.doesNotMatch(await dialog(alice).innerText(), /%|score|predator|grooming/i);

        // An adult is shown nothing unasked, and is told the same when asking.
        await details(bob);
        await bob.page.getByRole("button", { name: "Check this chat with me" }).click();
        await dialog(bob).getByText(/No signs found in the last \d+ messages/).waitFor();
        way.close();
    }));

test("how somebody is known is asked once, can be changed, and decides what is told", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        await born(alice, null);
        await knows(alice, "Not sure");
        await strip(alice).getByText(/not sure how you know/).waitFor();
        await alice.page.reload();
        await strip(alice).waitFor();
        assert.equal(await alice.page.locator(".known-question").count(), 0, "asked once");
        await details(alice);
        const choices = alice.page.getByRole("radiogroup", { name: /How do you know/ });
        assert.equal(await choices.getByLabel("Not sure").isChecked(), true);
        await choices.getByLabel("Real life").check();
        await back(alice);
        await openChat(alice);
        await gone(strip(alice));
        await details(alice);
        await choices.getByLabel("A game or another app").check();
        await back(alice);
        await openChat(alice);
        await strip(alice).getByText(/only online/).waitFor();
        await strip(alice).getByRole("button", { name: "Not now" }).click();
        await gone(strip(alice));

        // Years are changed and taken back in the settings.
        await alice.page.goto(`${given.url}/#/settings`);
        const age = alice.page.getByRole("region", { name: "When were you born?" });
        await age.getByText("You have not said.").waitFor();
        await age.getByLabel("Month").selectOption("3");
        await age.getByLabel("Year").selectOption("1980");
        await age.getByRole("button", { name: "Save" }).click();
        await age.getByText("You said: 03/1980").waitFor();
        for (const name of ["Let others see when I have read", "Show when I am writing, and when others are"]) {
            assert.equal(await alice.page.getByLabel(name).isChecked(), false, "off for everybody until it is chosen");
        }
        await age.getByRole("button", { name: "Rather not say" }).click();
        await age.getByText("You have not said.").waitFor();
        assert.equal(await bob.page.locator(".known-question").count(), 1, "the other is asked too, and not told");
    }));

test("a first picture has a curtain, links are hidden from who is under 16, and one tap opens each", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        const pictures = await draw(given.browser, given.folder);
        await born(alice, 13);
        await knows(alice, "A game or another app");
        await attach(bob, "photo", pictures.boat);
        const covered = alice.page.locator(".curtained");
        await covered.locator("img.photo-picture").waitFor({ state: "attached" });
        const blur = () => alice.page.locator(".behind-files").first().evaluate((files) => getComputedStyle(files).filter);
        assert.match(await blur(), /blur/);
        const reached = await alice.page.locator(".curtained button.photo").evaluate((button) => (button.focus(), document.activeElement === button));
        assert.equal(reached, false, "what is behind it is not reached by the keyboard");
        await attach(bob, "photo", pictures.house);
        await alice.page.locator("article.said").nth(1).locator("img.photo-picture").waitFor();
        // The device looks at the second, and opens it.
        await gone(alice.page.locator(".curtain").nth(1));
        assert.equal(await alice.page.locator(".curtain").count(), 1, "only the first");
        // Among the pictures of the chat it is covered as well.
        await details(alice);
        await alice.page.getByRole("button", { name: /Covered picture/ }).click();
        await alice.page.locator(".curtain").focus();
        await alice.page.keyboard.press("Enter");
        await alice.page.locator(".curtain").waitFor({ state: "detached" });
        assert.equal(await blur(), "none");
        await alice.page.getByRole("button", { name: "Open picture" }).first().waitFor();
        // Nothing noted that it was opened.
        await alice.page.reload();
        await alice.page.getByRole("button", { name: "A picture from someone you may know only online" }).waitFor();

        await say(bob, "my page: https://page.example/x and my snap is cool_guy99");
        const message = await sees(alice, "my page");
        assert.match(await message.locator(".text").innerText(), /^my page: ••• and my snap is •••$/);
        assert.equal(await message.locator("a").count(), 0);
        assert.doesNotMatch(await alice.page.locator("a.chat-line").first().innerText(), /page\.example|cool_guy/);
        await message.getByRole("button", { name: "Show them" }).click();
        await message.locator("a[href='https://page.example/x']").waitFor();
        await message.getByText("Some people ask to move to another app").waitFor();
        assert.match(await message.locator(".text").innerText(), /cool_guy99/);
        assert.equal(await bob.page.locator(".mask, .curtain").count(), 0);
    }));

test("before a first picture to somebody known only online there are five seconds to say no, and after it one tap takes it back", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        const pictures = await draw(given.browser, given.folder);
        await born(alice, 14);
        await knows(alice, "Not sure");
        const choose = async () => {
            await alice.page.locator("#attach-photo").setInputFiles(pictures.hills);
            await alice.page.locator(".tray-item").waitFor();
            await alice.page.getByRole("button", { name: "Send", exact: true }).click();
            await dialog(alice).getByText("You owe nobody a picture.").waitFor();
        };
        await choose();
        const began = Date.now();
        const yes = dialog(alice).getByRole("button", { name: /^Send it/ });
        assert.equal(await yes.isDisabled(), true);
        await dialog(alice).getByRole("button", { name: "Do not send" }).click();
        assert.equal(await alice.page.locator(".tray-item").count(), 1, "nothing left, nothing lost");
        await alice.page.getByRole("button", { name: "Send", exact: true }).click();
        await alice.page.waitForFunction(() => [...document.querySelectorAll("dialog[open] button")].some((one) => one.textContent === "Send it" && !one.disabled));
        assert.ok(Date.now() - began >= 4500, "five seconds");
        assert.equal(await bob.page.locator("article.said").count(), 0, "nothing arrived meanwhile");
        await yes.click();
        const sorry = alice.page.locator(".sorry");
        await sorry.getByText("Just sent, and sorry?").waitFor();
        const picture = bob.page.locator("article.said img.photo-picture");
        await picture.waitFor({ state: "attached" });
        await bob.page.waitForFunction((image) => image.complete && image.naturalWidth > 0, await picture.elementHandle());
        await sorry.getByRole("button", { name: "Delete for both" }).click();
        await bob.page.getByText("This message was deleted").first().waitFor();
        await gone(bob.page.locator("img.photo-picture"));
        await gone(sorry);
        assert.equal(await alice.page.locator("img.photo-picture").count(), 0);
        // Whose picture it was makes no difference when it is passed on.
        await attach(bob, "photo", pictures.boat);
        const theirs = alice.page.locator("article.said.theirs").last();
        await theirs.locator("img.photo-picture").waitFor({ state: "attached" });
        await theirs.hover();
        await theirs.getByRole("button", { name: "More" }).click();
        await dialog(alice).getByRole("button", { name: "Forward", exact: true }).click();
        await dialog(alice).locator("label.choice", { hasText: "Bob" }).click();
        await dialog(alice).getByRole("button", { name: "Send", exact: true }).click();
        await dialog(alice).getByText("You owe nobody a picture.").waitFor();
        assert.equal(await dialog(alice).getByRole("button", { name: /^Send it/ }).isDisabled(), true);
        await dialog(alice).getByRole("button", { name: "Do not send" }).click();
        await say(alice, "a word instead");
        await sees(bob, "a word instead");
        assert.equal(await bob.page.locator("article.said.theirs img.photo-picture").count(), 0, "nothing was passed on");
    }));

test("who can see a chat is told by lines that follow what happens, in a child's words and in an adult's", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        await born(alice, 11);
        await born(bob, 40);
        await alice.page.getByRole("button", { name: "Who can see this?" }).click();
        const line = (who, topic) => dialog(who).locator(`[data-topic="${topic}"]`);
        const said = (who, topic) => line(who, topic).locator(".who-said").innerText();
        await line(alice, "people").waitFor();
        assert.equal(await dialog(alice).locator(".who-evidence").count(), 6);
        assert.doesNotMatch(await dialog(alice).innerText(), /\bkey|post-quantum|epoch|credential|ciphertext/i);
        assert.match(await said(alice, "timer"), /stays until someone deletes/);

        await bob.page.getByRole("button", { name: "Who can see this?" }).click();
        await line(bob, "times").waitFor();
        assert.equal(await dialog(bob).locator(".who-evidence").count(), 8);
        assert.match(await said(bob, "lock"), /post-quantum/);
        assert.match(await said(bob, "same"), /0 of 1/);

        // Both see the same digits; one says so.
        for (const who of [alice, bob]) await line(who, "same").locator("summary").click();
        const digits = async (who) => (await line(who, "same").locator(".digits-said").innerText()).trim();
        assert.match(await digits(alice), /^(\d{5} ?){12}$/);
        assert.equal(await digits(alice), await digits(bob));
        await line(bob, "same").getByRole("button", { name: "They are the same" }).click();
        await line(bob, "same").getByText("1 of 1").waitFor();
        assert.match(await said(alice, "same"), /have not checked/);

        // What the other changes is seen while one looks, and what was open stays open.
        await bob.page.keyboard.press("Escape");
        await details(bob);
        await bob.page.getByLabel("Disappearing messages").selectOption("3600");
        await line(alice, "timer").getByText("It goes away after 1 hour.").waitFor();
        assert.equal(await line(alice, "same").locator(".digits-said").isVisible(), true);
        await dialog(alice).getByRole("button", { name: "In more detail" }).click();
        await line(alice, "backup").getByText("You have no 12 words").waitFor();
        await dialog(alice).getByRole("button", { name: "In plain words" }).click();
        await gone(line(alice, "backup"));
    }));
