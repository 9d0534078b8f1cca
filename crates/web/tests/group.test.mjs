// Five people in a group: asked, joined, written to, mentioned, given a role and relieved of it, removed, gone.

import assert from "node:assert/strict";
import test from "node:test";
import { fine } from "./fine.mjs";
import { NO_CONNECTION, accept, back, composer, details, dialog, excuse, gone, look, makeLink, openChat, openLink, person, pick, say, sees, signUp } from "./people.mjs";
import { world } from "./world.mjs";

const NAMES = ["Alice", "Bob", "Carol", "Dave", "Erin"];

/** A line that nobody said. */
async function noticed(who, text) {
    await who.page.locator(".notice-line", { hasText: text }).first().waitFor();
}

async function memberMenu(who, name) {
    await who.page.locator("li.member", { hasText: name }).getByRole("button", { name: /more$/ }).click();
}

test("five people make a group, write to all, change roles, name and members, and each screen shows it", () =>
    world(async ({ url, browser, wrong }) => {
        const people = await Promise.all(NAMES.map((name) => person(browser, url, name, { wrong })));
        for (const one of people) {
            await signUp(one);
        }
        const [alice, ...others] = people;
        const [bob, carol, dave, erin] = others;
        const links = [];
        for (const other of others) {
            links.push(await makeLink(alice, other.name));
            await back(alice);
        }
        await Promise.all(others.map((other, place) => openLink(other, links[place])));
        for (const count of [1, 2, 3, 4]) {
            await accept(alice);
            await alice.page.locator("a.chat-line").nth(count - 1).waitFor();
        }

        // Made: whoever is asked sees nothing until they say yes.
        await alice.page.getByRole("button", { name: "New group" }).click();
        await alice.page.getByLabel("Group name").fill("Climbing");
        for (const other of others) {
            await alice.page.locator("label.choice", { hasText: other.name }).click();
        }
        await alice.page.getByRole("button", { name: "Create group" }).click();
        await composer(alice).waitFor();
        for (const other of others) {
            const asked = other.page.locator("[data-invitation]");
            await asked.getByText("invites you to a group of").waitFor();
            await asked.getByRole("button", { name: "Join" }).click();
            await openChat(other, "Climbing");
        }

        await say(alice, "Hello all");
        await Promise.all(others.map((other) => sees(other, "Hello all")));

        // Said, and the chat left before the device has answered.
        await composer(alice).fill("I am off for a moment");
        await alice.page.evaluate(() => {
            document.querySelector(".composer textarea").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
            document.querySelector("a.chat-line:not(.current)").click();
        });
        await sees(bob, "I am off for a moment");
        await openChat(alice, "Climbing");
        await sees(alice, "I am off for a moment");

        // Mentioned by typing an @ and a part of the name.
        await composer(bob).pressSequentially("@Car");
        const option = bob.page.getByRole("option", { name: /Carol/ });
        await option.waitFor();
        // A screen reader is told that somebody is offered, and who is marked.
        await bob.page.locator(".composer [role=status]", { hasText: "People to mention: 1" }).waitFor();
        assert.equal(await composer(bob).getAttribute("aria-controls"), await bob.page.locator(".mentions").getAttribute("id"));
        assert.equal(await composer(bob).getAttribute("aria-activedescendant"), await option.getAttribute("id"));
        await fine(bob.page, "who is meant");
        await composer(bob).press("Enter");
        assert.match(await composer(bob).inputValue(), /^@carol\d+ $/);
        assert.equal(await composer(bob).getAttribute("aria-activedescendant"), null);
        await composer(bob).pressSequentially("can you come?");
        await composer(bob).press("Enter");
        const mention = await sees(carol, "can you come?");
        assert.match(await mention.locator(".mention").innerText(), /^@carol/);
        assert.match(await mention.locator(".sender").innerText(), /Bob\s+@bob\d+/);

        // Who came is told in it, in words that speak to whoever reads.
        await noticed(alice, /^You added (\w+ \(@\w+\), ){3}\w+ \(@\w+\)\.$/);
        await noticed(alice, /^Carol \(@carol\d*\) joined\.$/);
        await noticed(bob, "You joined.");

        // A role given, used, and taken away.
        await details(alice);
        await memberMenu(alice, "Bob");
        await pick(alice, "Make admin");
        await alice.page.locator("li.member", { hasText: "Bob" }).getByText("Admin").waitFor();
        await details(bob);
        await bob.page.getByLabel("Group name").fill("Climbing club");
        await bob.page.getByLabel("What is this group about?").fill("Fridays at the wall");
        await bob.page.getByRole("button", { name: "Save" }).click();
        await dave.page.locator(".chat-head h1", { hasText: "Climbing club" }).waitFor();
        await details(dave);
        await dave.page.locator(".face", { hasText: "Fridays at the wall" }).waitFor();
        assert.equal(await dave.page.getByLabel("Group name").count(), 0);
        await back(dave);
        await noticed(dave, /^Alice \(@alice\d*\) made Bob \(@bob\d*\) admin\.$/);
        await noticed(dave, /^Bob \(@bob\d*\) renamed the group: Climbing club$/);
        await memberMenu(alice, "Bob");
        await pick(alice, "Remove as admin");
        await gone(bob.page.locator("#group-name"));

        const putOut = async (name) => {
            await memberMenu(alice, name);
            await pick(alice, "Remove from group");
            await pick(alice, "Remove from group");
            await gone(alice.page.locator("li.member", { hasText: name }));
        };
        // Whoever writes without a connection and is put out meanwhile reads that it did not go. It is taken away, or sent again once one is back.
        await dave.context.setOffline(true);
        for (const text of ["shall I bring the rope?", "or never mind"]) {
            await say(dave, text);
            await dave.page.locator("article.mine", { hasText: text }).locator(".delivery", { hasText: "Waiting for a connection" }).waitFor();
        }
        await putOut("Dave");
        await dave.context.setOffline(false);
        const failed = dave.page.locator("article.said.failed");
        await failed.nth(1).waitFor();
        await failed.filter({ hasText: "never mind" }).getByRole("button", { name: "Remove", exact: true }).click();
        await gone(dave.page.locator("article.said", { hasText: "never mind" }));
        await alice.page.getByRole("button", { name: "Invite more" }).click();
        await dialog(alice).locator("label.choice", { hasText: "Dave" }).click();
        await pick(alice, "Invite more");
        await dave.page.locator("[data-invitation]").getByRole("button", { name: "Join" }).click();
        await openChat(dave, "Climbing club");
        await failed.getByRole("button", { name: "Try again" }).click();
        await sees(carol, "shall I bring the rope?");
        await gone(failed);
        assert.equal(await carol.page.locator("article.said", { hasText: "never mind" }).count(), 0);
        excuse(wrong, NO_CONNECTION);

        // One is removed, one leaves; both can read what was, and nothing new.
        await putOut("Dave");
        await noticed(dave, /^Alice \(@alice\d*\) removed you\.$/);
        await dave.page.getByText("You are no longer part of this chat.").waitFor();
        await details(erin);
        await erin.page.getByRole("button", { name: "Leave group" }).click();
        await pick(erin, "Leave group");
        await gone(alice.page.locator("li.member", { hasText: "Erin" }));
        await back(alice);
        await say(alice, "Only three of us now");
        await sees(carol, "Only three of us now");
        await back(bob);
        await sees(bob, "Only three of us now");
        await noticed(bob, /^Erin \(@erin\d*\) left\.$/);
        // Who is no contact is blocked from the list of members, and back the same way.
        await details(bob);
        await memberMenu(bob, "Carol");
        await pick(bob, "Block");
        await pick(bob, "Block");
        await memberMenu(bob, "Carol");
        await pick(bob, "Unblock");
        await memberMenu(bob, "Carol");
        await dialog(bob).getByRole("button", { name: "Block", exact: true }).waitFor();
        await look(erin, "Climbing");
        for (const former of [dave, erin]) {
            await sees(former, "Hello all");
            assert.equal(await former.page.locator("article.said", { hasText: "Only three" }).count(), 0);
        }
    }));
