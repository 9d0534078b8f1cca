// Everything with keys alone: the mouse is never used by Alice.

import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { draw } from "./drawn.mjs";
import { fine } from "./fine.mjs";
import { arrives, focused, held, reach } from "./keys.mjs";
import { PATIENCE_MS, listen, openChat, openLink, person, say, sees, signUp } from "./people.mjs";
import { member, program, run } from "./team.mjs";
import { PROGRAM, opened, world } from "./world.mjs";

test("with keys alone one signs up, adds a friend, chats, sends and views pictures, and makes a group", () =>
    world(async ({ url, browser, wrong, folder }) => {
        const pictures = await draw(browser, folder);
        const [alice, bob] = [await person(browser, url, "Alice", { wrong }), await person(browser, url, "Bob", { wrong })];
        const { page } = alice;
        const { keyboard } = page;
        // Heard from the beginning: a listener that comes with the key may come too late, and then the chooser is the browser's own.
        const choosers = [];
        page.on("filechooser", (chooser) => choosers.push(chooser));
        await signUp(bob);

        await page.getByRole("button", { name: "Create account" }).waitFor();
        await reach(page, "Your name");
        await keyboard.type("Alice");
        await keyboard.press("Enter");
        await page.getByRole("navigation", { name: "Chats" }).waitFor();

        // The first cards: what has the focus goes away, and the focus stays near.
        await reach(page, "OK, got it");
        await keyboard.press("Enter");
        await page.getByText("When were you born?").waitFor();
        await held(page, "after the first card");
        await reach(page, "Rather not say");
        await keyboard.press("Enter");
        await page.locator(".first-card").waitFor({ state: "detached" });
        await held(page, "after the last card");

        // A link, by its form.
        await reach(page, "Add a friend", { key: "Shift+Tab" });
        await keyboard.press("Enter");
        await arrives(page, "Add a friend");
        await reach(page, "Who is it for?");
        await keyboard.type("Bob");
        await keyboard.press("Enter");
        const live = page.locator('.own-link[data-live="true"] .link-url').first();
        await live.waitFor();
        const link = await live.getAttribute("data-link");
        await held(page, "after a link was made");
        await reach(page, "Show QR code");
        await keyboard.press("Enter");
        await page.locator("dialog[open] .qr").waitFor();
        await keyboard.press("Tab");
        await held(page, "in a dialog");
        await fine(page, "a dialog with a code");
        await keyboard.press("Escape");
        await arrives(page, "Show QR code");

        await openLink(bob, link);
        await page.getByText("Someone used your link").waitFor();
        await reach(page, "Accept", { key: "Shift+Tab", most: 60 });
        await keyboard.press("Enter");
        await page.locator("a.chat-line").waitFor();
        await held(page, "after a request was accepted");
        await bob.page.locator("a.chat-line").waitFor();

        // The chat.
        await reach(page, /^bob/i, { most: 60 });
        await keyboard.press("Enter");
        await arrives(page, "Write a message");
        await keyboard.type("hello Bob");
        await keyboard.press("Enter");
        await openChat(bob);
        await sees(bob, "hello Bob");
        assert.equal((await held(page, "after sending")).name, "Write a message");
        await keyboard.type("by the button");
        await reach(page, "Send");
        await keyboard.press("Enter");
        await sees(bob, "by the button");
        assert.equal((await held(page, "after sending by the button")).name, "Write a message");
        await say(bob, "hello Alice");
        await sees(alice, "hello Alice");
        await page.locator(".chat > [role=status]", { hasText: "hello Alice" }).waitFor();

        // Messages are one stop; arrows walk through them, and Escape goes back to writing.
        await reach(page, /hello Alice/, { key: "Shift+Tab" });
        await keyboard.press("ArrowUp");
        await arrives(page, /by the button/);
        await keyboard.press("Home");
        await arrives(page, /hello Bob/);
        await keyboard.press("End");
        await arrives(page, /hello Alice/);
        await keyboard.press("Enter");
        await page.locator("dialog[open] .menu-lines").waitFor();
        await fine(page, "the menu of a message");
        await keyboard.press("Escape");
        await arrives(page, /hello Alice/);
        await keyboard.press("Enter");
        await reach(page, "Reply");
        await keyboard.press("Enter");
        await arrives(page, "Write a message");
        await keyboard.type("an answer");
        await keyboard.press("Enter");
        assert.equal(await (await sees(bob, "an answer")).locator(".quote").innerText().then((text) => text.includes("hello Alice")), true);

        // A reaction, by its menu.
        await reach(page, /hello Alice/, { key: "Shift+Tab" });
        await keyboard.press("Enter");
        await reach(page, "👍");
        await keyboard.press("Enter");
        await bob.page.locator(".reaction").waitFor();
        await arrives(page, /hello Alice/);
        await keyboard.press("Escape");
        await arrives(page, "Write a message");

        // Emoji open and close.
        await reach(page, "Emoji");
        await keyboard.press("Enter");
        await arrives(page, "Search emoji");
        await keyboard.press("Escape");
        await arrives(page, "Write a message");

        // Two pictures: the file chooser opens by a key.
        await reach(page, "Attach", { key: "Shift+Tab" });
        await keyboard.press("Enter");
        await arrives(page, /Photo or video/);
        await keyboard.press("Enter");
        for (const until = Date.now() + PATIENCE_MS; choosers.length === 0 && Date.now() < until; ) await page.waitForTimeout(100);
        assert.equal(choosers.length, 1, `one chooser opens, and the focus is at ${JSON.stringify(await focused(page))}`);
        await choosers[0].setFiles([pictures.hills, pictures.boat]);
        await page.locator(".tray-item").nth(1).waitFor();
        await arrives(page, "Write a message");
        await fine(page, "files that are chosen");
        await keyboard.press("Enter");
        await page.locator(".tray-item").first().waitFor({ state: "detached" });
        await bob.page.locator("img.photo-picture").nth(1).waitFor();
        await arrives(page, "Write a message");
        await reach(page, /^Bob, hello/, { key: "Shift+Tab" });
        await keyboard.press("End");
        await arrives(page, /^You, Photo/);
        await reach(page, "Open picture");
        await keyboard.press("Enter");
        const shown = page.locator("dialog.viewer[open] img");
        await shown.waitFor();
        await page.getByText("Photo 1 of 2").waitFor();
        await fine(page, "a picture");
        const first = await shown.getAttribute("src");
        const wide = () => shown.evaluate((image) => image.getBoundingClientRect().width);
        const before = await wide();
        await keyboard.press("+");
        assert.ok((await wide()) > before, "the picture is larger");
        await keyboard.press("-");
        await keyboard.press("ArrowRight");
        await page.getByText("Photo 2 of 2").waitFor();
        assert.notEqual(await shown.getAttribute("src"), first);
        await keyboard.press("Tab");
        await held(page, "in the viewer");
        await keyboard.press("Escape");
        await arrives(page, "Open picture");

        // A group.
        await reach(page, "New group", { key: "Shift+Tab", most: 60 });
        await keyboard.press("Enter");
        await arrives(page, "New group");
        await reach(page, "Group name");
        await keyboard.type("Camping trip");
        await reach(page, /bob/i);
        await keyboard.press("Space");
        await fine(page, "a new group");
        await reach(page, "Create group");
        await keyboard.press("Enter");
        await arrives(page, "Write a message");
        await bob.page.getByText("invites you to a group").waitFor();

        // A chat that moves in the list does not take the focus to another one.
        await reach(page, /^Camping tripYou added/, { key: "Shift+Tab", most: 60 });
        await say(bob, "to the top");
        await page.locator(".chats > li:first-child").filter({ hasText: "to the top" }).waitFor();
        assert.match((await held(page, "after the list moved")).name, /Camping trip/);
        await keyboard.press("ArrowUp");
        assert.match((await focused(page)).name, /^bob/i);

        // Who can see this, and leaving, with a question that one can say no to.
        await keyboard.press("ArrowDown");
        await keyboard.press("Enter");
        await arrives(page, "Write a message");
        await reach(page, "Who can see this?", { key: "Shift+Tab" });
        await keyboard.press("Enter");
        await page.locator("dialog[open] .who").waitFor();
        await fine(page, "who can see this");
        await keyboard.press("Escape");
        await arrives(page, "Who can see this?");
        await reach(page, "More");
        await keyboard.press("Enter");
        await arrives(page, "Camping trip");
        await fine(page, "the details of a group");
        await reach(page, "Leave group", { most: 60 });
        await keyboard.press("Enter");
        await reach(page, "Cancel");
        await keyboard.press("Enter");
        await arrives(page, "Leave group");
        await reach(page, "Settings", { key: "Shift+Tab", most: 90 });
        await keyboard.press("Enter");
        await arrives(page, "Settings");
        await fine(page, "settings");
        await reach(page, "Search names and messages", { key: "Shift+Tab", most: 60 });
        await keyboard.type("hello");
        await page.locator(".results .line-button").first().waitFor();
        await fine(page, "what was found");
        await reach(page, /hello/);
        await keyboard.press("Enter");
        await arrives(page, /hello/);
    }));

/** Two members and a deputy, the first of them in a browser. Gives that member and the operator's line for them. */
async function team(given) {
    const kim = await member(given, "Kim");
    const accounts = [];
    for (const name of ["lee", "evan"]) {
        const other = program(given.folder, name);
        await other("signup", name, "--server", given.url);
        accounts.push(JSON.parse(await other("whoami", "--json")).account);
    }
    const whom = ["--member", kim.key, "--member", accounts[0], "--deputy", accounts[1]];
    const { stdout } = await run(PROGRAM, ["admin", "desk", "--data", join(given.folder, "server"), ...whom, "--halves", join(given.folder, "halves")]);
    return { kim, line: stdout.split("\n").find((text) => text.includes(kim.key)) };
}

test("with keys alone one finds Help without an account, tells the safety team, and a member of it reads that and answers", () =>
    world(async (given) => {
        const { kim, line } = await team(given);

        // A member joins. A running server sees its desk within a second: until then it is asked again.
        await reach(kim.page, "Your line");
        await kim.page.keyboard.type(line);
        const joined = kim.page.getByRole("heading", { name: "No reports" });
        for (let tries = 0; tries < 40 && !(await joined.isVisible()); tries++) {
            await reach(kim.page, "Join the team");
            await kim.page.keyboard.press("Enter");
            await joined.or(kim.page.locator(".desk .problem", { hasText: /./ })).first().waitFor();
        }
        await held(kim.page, "once one is in the team");

        // Somebody without an account: from the start to Help, and on.
        const context = await given.browser.newContext({ locale: "en-GB" });
        listen(context, "visitor", given.wrong);
        const page = await context.newPage();
        const { keyboard } = page;
        await page.goto(given.url);
        await opened(page);
        await reach(page, "Help");
        await keyboard.press("Enter");
        await arrives(page, "Help");
        await reach(page, /0800 1111/, { most: 60 });
        await reach(page, "For families", { most: 90 });
        await keyboard.press("Enter");
        await arrives(page, "For families");
        await reach(page, "Back", { key: "Shift+Tab" });
        await keyboard.press("Enter");
        await arrives(page, "Help");
        await reach(page, "Tell us something without an account", { most: 90 });
        await keyboard.press("Enter");
        await arrives(page, "Tell the safety team");
        await page.getByText(/It goes to the safety team of this server/).waitFor();
        // Of the reasons one is a stop, and arrows choose.
        await reach(page, "Something else");
        await keyboard.press("ArrowUp");
        await held(page, "among the reasons");
        await reach(page, "Say it in your own words");
        await keyboard.type("A pupil of mine is being left out on purpose.");
        await reach(page, "How can they reach you? You need not say.");
        await keyboard.type("the school office");
        await reach(page, "Send");
        await keyboard.press("Enter");
        const number = (await page.getByText(/Report number /).innerText()).replace("Report number ", "").trim();
        await held(page, "once it is told");
        await reach(page, "Done");
        await keyboard.press("Enter");
        await page.getByRole("button", { name: "Create account" }).waitFor();
        await held(page, "back at the start");

        // The member: the list, the report from its beginning, a note, an answer, and back.
        const desk = kim.page.keyboard;
        await reach(kim.page, "Look again", { most: 60 });
        await desk.press("Enter");
        await kim.page.locator(`[data-case="${number}"]`).waitFor();
        await held(kim.page, "when something came");
        await reach(kim.page, new RegExp(number), { key: "Shift+Tab", most: 60 });
        await desk.press("Enter");
        await arrives(kim.page, `Report number ${number}`);
        await reach(kim.page, "A note for the team");
        await desk.type("I ask the form teacher.");
        await reach(kim.page, "Add the note");
        await desk.press("Enter");
        await kim.page.locator(".desk-marks").getByText("I ask the form teacher.").waitFor();
        await held(kim.page, "once it is noted");
        await reach(kim.page, "How it stands", { most: 60 });
        await desk.press("ArrowDown");
        await reach(kim.page, "A few words to them");
        await desk.type("We sit down with them on Friday.");
        await reach(kim.page, "Send the answer");
        await desk.press("Enter");
        await kim.page.locator(".desk-marks").getByText("We sit down with them on Friday.").waitFor();
        await held(kim.page, "once it is answered");
        await reach(kim.page, "The police were told first", { key: "Shift+Tab", most: 60 });
        await desk.press("Enter");
        await kim.page.getByText("Do nothing that the reported person could see until it is open again.").waitFor();
        await held(kim.page, "once the police were told");
        await reach(kim.page, "Back", { key: "Shift+Tab", most: 60 });
        await desk.press("Enter");
        await kim.page.locator(`[data-case="${number}"]`).getByText("Police told first").waitFor();
        await held(kim.page, "back at the list");
    }));
