// Finding again: words, days, people; and keeping a list in order.

import assert from "node:assert/strict";
import test from "node:test";
import { composer, details, dialog, gone, makeLink, openChat, openLink, accept, person, pick, say, sees, signUp, two } from "./people.mjs";
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
        await say(alice, "the first apple of the year");
        for (let count = 0; count < 60; count++) {
            await say(bob, `number ${count}`);
        }
        await say(bob, "the last apple of the year");
        await sees(alice, "the last apple", { timeout: 60000 });

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
        await alice.page.keyboard.press("Escape");
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
        await openChat(alice, "Bob");
        await alice.page.locator(".fresh", { hasText: "New messages" }).waitFor();
        await sees(alice, "while you were away");
        assert.equal((await alice.page.locator("article.said", { hasText: "while you were away" }).count()), 1);
        await composer(alice).waitFor();
    }));
