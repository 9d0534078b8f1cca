// Screens that no other test stops at: axe finds nothing in them, nothing is cut off at 320 pixels, and those with an address are looked at in a longer language.

import test from "node:test";
import { LARGE, SMALL, look as lookAt } from "./fine.mjs";
import { NO_CONNECTION, act, composer, dialog, excuse, pick, say, sees, two } from "./people.mjs";
import { fresh, world } from "./world.mjs";

const PEOPLE = "[lead]\nrole lead\nname Sam Example\nabout Room 12, beside the library\nphone 01632 960123\n";

/** With axe at the smaller size. */
const look = (page, where) => lookAt(page, where, [LARGE, SMALL]);

/** With an account, and without one where it is for everybody. */
const ADDRESSES = ["help", "talk", "families", "know/apps", "know/signs", "know/moving", "report"];
const OF_AN_ACCOUNT = ["safe", "kept", "share", "reports", "desk"];

test("every address of the page is for everybody, in a language that is two fifths longer too", () =>
    world(
        async (given) => {
            const [alice] = await two(given);
            const visitor = await (await fresh(given)).newPage();
            for (const place of ADDRESSES) {
                await visitor.goto(`${given.url}/${place}?lang=en-XA`);
                await visitor.locator("h1:visible").first().waitFor();
                await look(visitor, `${place} without an account`);
            }
            for (const place of [...ADDRESSES, ...OF_AN_ACCOUNT]) {
                await alice.page.goto(`${given.url}/?lang=en-XA#/${place}`);
                await alice.page.reload();
                await alice.page.locator("h1:visible").first().waitFor();
                await look(alice.page, place);
            }
        },
        { people: PEOPLE },
    ));

test("what opens over a chat, and the ways in and out of an account, are for everybody on a small screen", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        const { page } = alice;
        await say(bob, "Which of the two roads is shorter?");
        await sees(alice, "Which of the two");
        await say(alice, "The one along the river");

        await act(alice, "Which of the two", "More emoji");
        await dialog(alice).locator(".emoji-grid button").first().waitFor();
        await look(page, "the emoji");
        await page.keyboard.press("Escape");
        await page.setViewportSize(LARGE);
        await act(alice, "Which of the two", "Forward");
        await look(page, "passing on");
        await page.keyboard.press("Escape");
        await page.setViewportSize(LARGE);
        await act(alice, "The one along", "Delete");
        await look(page, "deleting");
        await page.keyboard.press("Escape");
        await page.setViewportSize(LARGE);
        await act(alice, "The one along", "Select messages");
        await page.getByText("1 selected").waitFor();
        await look(page, "messages that are chosen");
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: "Attach" }).click();
        await page.getByRole("button", { name: "Poll" }).click();
        await look(page, "a new poll");
        await page.keyboard.press("Escape");
        await page.setViewportSize(LARGE);
        await page.getByRole("button", { name: "Search in this chat" }).click();
        await page.locator(".find input").fill("road");
        await look(page, "finding in a chat");
        await page.keyboard.press("Escape");
        await page.getByRole("button", { name: "Record a voice message" }).click();
        await page.getByRole("button", { name: "Send voice message" }).waitFor();
        await look(page, "a recording");
        await page.getByRole("button", { name: "Discard" }).click();
        await composer(alice).waitFor();

        // The server is away.
        await given.server.stop();
        await page.getByText("No connection.").waitFor();
        await say(alice, "Are you there?");
        await look(page, "no connection");
        await given.server.start();
        await sees(bob, "Are you there?");
        excuse(given.wrong, NO_CONNECTION);

        await page.setViewportSize(LARGE);
        await page.goto(`${given.url}/#/friends`);
        await page.getByRole("button", { name: "Scan a QR code" }).click();
        await look(page, "reading a code");
        await page.keyboard.press("Escape");
        await page.goto(`${given.url}/#/safe`);
        await page.getByRole("button", { name: "Show my 12 words" }).click();
        await page.locator(".twelve .word").nth(11).waitFor();
        await look(page, "the 12 words");
        await page.getByRole("button", { name: "I wrote them down" }).click();
        await page.locator("form label").nth(2).waitFor();
        await look(page, "three of the 12 words");

        await page.goto(`${given.url}/#/settings`);
        await page.getByLabel("Passphrase", { exact: true }).fill("four plain words here");
        await page.getByLabel("Once more").fill("four plain words here");
        await page.getByRole("button", { name: "Set a passphrase" }).click();
        await page.getByText("The passphrase is set.").waitFor();
        await page.reload();
        await page.getByRole("button", { name: "Unlock" }).waitFor();
        await look(page, "a page that is locked");
        await page.getByLabel("Passphrase", { exact: true }).fill("four plain words here");
        await page.getByRole("button", { name: "Unlock" }).click();
        await page.getByRole("button", { name: "Log out" }).click();
        await dialog(alice).getByRole("button", { name: "Delete all and log out" }).waitFor();
        await look(page, "before logging out");
        await pick(alice, "Delete all and log out");
        await page.getByRole("heading", { name: "You are logged out" }).waitFor();
        await look(page, "logged out");
        await page.getByRole("link", { name: "Open Treehouse" }).click();
        await page.getByRole("button", { name: "I already have an account" }).click();
        await page.getByLabel("Your 12 words").waitFor();
        await look(page, "coming back");
    }));
