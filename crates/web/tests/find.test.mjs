// Finding again: words, days, people; and keeping a list in order.

import assert from "node:assert/strict";
import test from "node:test";
import { act, composer, details, dialog, gone, makeLink, openChat, openLink, accept, person, pick, say, sees, signUp, two } from "./people.mjs";
import { world } from "./world.mjs";

test("words are found in one chat and in all, days are jumped to, and the list is muted, pinned, archived and marked", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        const carol = await person(given.browser, given.url, "Carol", given);
        await signUp(carol);
        const link = await makeLink(alice, "Carol");
        await openLink(carol, link);
        await accept(alice);
        await alice.page.locator("a.chat-line").nth(1).waitFor();
        await openChat(alice, "Bob");
        // All that a screen reader is told.
        await alice.page.evaluate(() => {
            window.told = [];
            for (const status of document.querySelectorAll(".chat > .for-readers[role=status]")) {
                new MutationObserver(() => status.textContent && window.told.push(status.textContent)).observe(status, { childList: true, characterData: true, subtree: true });
            }
        });
        await say(alice, "the first apple of the year");
        for (let count = 0; count < 60; count++) {
            // High enough that not all of them are near.
            await say(bob, `number ${count}${"\n\nand on".repeat(4)}`);
        }
        await say(bob, "the last apple of the year");
        await sees(alice, "the last apple");
        // What comes at once is told as a number.
        await alice.page.waitForFunction(() => window.told.some((line) => /^\d+ new messages$/.test(line)));
        const told = await alice.page.evaluate(() => window.told);
        assert.ok(told.length < 45, `told ${told.length} times of 61 messages: ${told.join("; ")}`);

        // In this chat: the newest first, then the one before.
        await alice.page.getByRole("button", { name: "Search in this chat" }).click();
        await alice.page.getByRole("searchbox", { name: "Search in this chat" }).fill("apple");
        await alice.page.getByText("1 of 2").waitFor();
        await alice.page.locator("article.found-message", { hasText: "last apple" }).waitFor();
        await alice.page.keyboard.press("Enter");
        await alice.page.getByText("2 of 2").waitFor();
        const first = alice.page.locator("article.found-message", { hasText: "first apple" });
        await first.waitFor();
        await alice.page.waitForFunction((found) => {
            const box = found.getBoundingClientRect();
            return box.top > 0 && box.bottom < innerHeight;
        }, await first.elementHandle());

        // What is chosen is what is acted on, also when it is no longer in sight.
        const { width, height } = alice.page.viewportSize();
        await alice.page.setViewportSize({ width, height: 520 });
        const field = alice.page.getByRole("searchbox", { name: "Search in this chat" });
        await field.press("Shift+Enter");
        await alice.page.getByText("1 of 2").waitFor();
        await act(alice, "last apple", "Select messages");
        await field.press("Enter");
        await first.waitFor();
        await first.click();
        await alice.page.getByText("2 selected").waitFor();
        const bar = alice.page.getByRole("toolbar");
        await bar.getByRole("button", { name: "Delete" }).click();
        await dialog(alice).getByRole("button", { name: "Delete on this device" }).waitFor();
        assert.equal(await dialog(alice).getByRole("button", { name: "Delete for everyone" }).count(), 0, "one of them is his");
        await pick(alice, "Cancel");
        await bar.getByRole("button", { name: "Copy text" }).click();
        await alice.page.getByText("Copied").first().waitFor();
        assert.equal(await alice.page.evaluate(() => navigator.clipboard.readText()), "the first apple of the year\nthe last apple of the year");
        await alice.page.setViewportSize({ width, height });
        await field.press("Escape");
        await alice.page.getByRole("button", { name: "Newest messages" }).click();
        await sees(alice, "the last apple");

        // A day: of today it is the first message, and after the last one there is nothing but that.
        const day = (ahead) => alice.page.evaluate((ahead) => {
            const then = new Date(Date.now() + ahead * 86_400_000);
            return [then.getFullYear(), then.getMonth() + 1, then.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
        }, ahead);
        const jump = async (ahead) => {
            await details(alice);
            const field = alice.page.getByLabel("Jump to a date");
            await field.fill(await day(ahead));
            await field.press("Enter");
        };
        const inSight = (text) => alice.page.waitForFunction((text) => [...document.querySelectorAll("article")].some((line) => {
            const box = line.getBoundingClientRect();
            return line.textContent.includes(text) && box.top >= 0 && box.bottom <= innerHeight;
        }), text);
        await jump(0);
        await inSight("the first apple");
        await jump(2);
        await inSight("the last apple");

        // In all chats, and by name.
        const everywhere = alice.page.getByRole("searchbox", { name: "Search names and messages" });
        await everywhere.fill("last apple");
        await alice.page.locator(".results .line-button", { hasText: "the last apple of the year" }).click();
        await alice.page.locator("article.found-message", { hasText: "last apple" }).waitFor();
        await everywhere.fill("Carol");
        await alice.page.locator(".results a.chat-line", { hasText: "Carol" }).waitFor();
        await everywhere.fill("");

        // From the list: pinned, muted until, archived, marked as unread.
        const line = (name) => alice.page.locator("li.chat-item", { hasText: name });
        const menu = async (name, choice) => {
            await line(name).locator("a").click({ button: "right" });
            await pick(alice, choice);
        };
        await menu("Carol", "Pin to the top");
        await alice.page.waitForFunction(() => document.querySelector("li.chat-item")?.textContent.includes("Carol"));
        await menu("Bob", "For a week");
        await line("Bob").locator("a").click({ button: "right" });
        await dialog(alice).getByText(/^Muted until \w/).waitFor();
        await pick(alice, "Unmute");
        await menu("Carol", "Archive");
        await gone(line("Carol"));
        await alice.page.getByRole("button", { name: "Archived (1)" }).click();
        await line("Carol").waitFor();
        await menu("Carol", "Move back to chats");
        await alice.page.locator(".list").getByRole("button", { name: "Back", exact: true }).click();
        await line("Carol").waitFor();
        await menu("Bob", "Mark as unread");
        await line("Bob").getByRole("img", { name: "Marked as unread" }).waitFor();
        await openChat(alice, "Bob");
        await gone(line("Bob").getByRole("img", { name: "Marked as unread" }));

        // What is new is marked where it begins.
        await openChat(alice, "Carol");
        await say(bob, "while you were away");
        await line("Bob").getByRole("img", { name: "1 unread" }).waitFor();
        // The title counts it, unless the chat is muted.
        const title = (wanted) => alice.page.waitForFunction((wanted) => document.title === wanted, wanted);
        await title("(1) Treehouse");
        await menu("Bob", "For a week");
        await title("Treehouse");
        await menu("Bob", "Unmute");
        await title("(1) Treehouse");
        await openChat(alice, "Bob");
        await alice.page.locator(".fresh", { hasText: "New messages" }).waitFor();
        await sees(alice, "while you were away");
        assert.equal((await alice.page.locator("article.said", { hasText: "while you were away" }).count()), 1);
        await composer(alice).waitFor();
        await title("Treehouse");

        // A link that is stopped lets nobody in any more; one who was declined is not told, and has no chat.
        await makeLink(bob, "Carol");
        const stopped = bob.page.locator(".own-link").filter({ has: bob.page.getByText("Carol", { exact: true }) });
        const dead = await stopped.locator(".link-url").getAttribute("data-link");
        await stopped.getByRole("button", { name: "Stop this link" }).click();
        await gone(stopped);
        await carol.page.goto("about:blank");
        await carol.page.goto(dead);
        await carol.page.getByRole("button", { name: "Ask to be contacts" }).click();
        await carol.page.getByText("This link was used up or has expired. Ask for a new one.").first().waitFor();
        await carol.page.goto("about:blank");
        await openLink(carol, await makeLink(bob, "Caro"));
        const asks = bob.page.locator("[data-request]", { hasText: "Caro" });
        await asks.getByRole("button", { name: "Decline" }).click();
        await gone(asks);
        await carol.page.waitForTimeout(1500);
        assert.deepEqual([await bob.page.locator("a.chat-line").count(), await carol.page.locator("a.chat-line").count()], [1, 1], "each has Alice alone");
        await carol.page.getByText("Waiting for the owner of a link").first().waitFor();
    }));
