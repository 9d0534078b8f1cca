// Ten tasks, done as one does them, every tap counted and held against docs/taps.md.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import { draw } from "./drawn.mjs";
import { composer, openChat, person, say, sees } from "./people.mjs";
import { world } from "./world.mjs";

const TABLE = new URL("../../../docs/taps.md", import.meta.url);

/** The rows of the table: task, ours, theirs. */
async function table() {
    const rows = [...(await readFile(TABLE, "utf8")).matchAll(/^\| \d+ \| ([^|]+) \| (\d+) \| (\d+|none)[^|]*\|/gm)];
    return rows.map(([, task, ours, theirs]) => ({ task: task.trim(), ours: Number(ours), theirs: theirs === "none" ? null : Number(theirs) }));
}

test("ten tasks take the taps that the table says, and no more than elsewhere", () =>
    world(async ({ url, browser, wrong, folder }) => {
        const pictures = await draw(browser, folder);
        const [alice, bob] = [await person(browser, url, "Alice", { wrong }), await person(browser, url, "Bob", { wrong })];
        const counted = {};
        let taps = 0;
        const tap = async (what) => {
            await what.click();
            taps++;
        };
        /** What is typed is no tap; going to the field is one, unless one is there. */
        const type = async (field, words) => {
            if (!(await field.evaluate((field) => field === document.activeElement))) {
                await tap(field);
            }
            await field.fill(words);
        };
        const task = async (name, act) => {
            taps = 0;
            await act();
            counted[name] = taps;
        };
        const button = (name, who = alice) => who.page.getByRole("button", { name, exact: true });

        for (const who of [bob, alice]) {
            await task("Sign up", async () => {
                await type(who.page.getByLabel("Your name"), who.name);
                await tap(button("Create account", who));
                await who.page.getByRole("navigation", { name: "Chats" }).waitFor();
            });
        }
        for (const who of [alice, bob]) {
            await button("OK, got it", who).click();
            await button("Rather not say", who).click();
        }
        // Bob's link, as text and as a picture of its code.
        await button("Add a friend", bob).first().click();
        const make = async () => {
            const before = await bob.page.locator(".own-link").count();
            await button("Make a link", bob).click();
            await bob.page.locator(".own-link").nth(before).waitFor();
            return bob.page.locator('.own-link[data-live="true"] .link-url').first().getAttribute("data-link");
        };
        const link = await make();
        await task("Add a friend by link", async () => {
            await alice.page.goto(link);
            await tap(button("Ask to be contacts"));
            await alice.page.getByText("Asked. You can chat when they accept.").waitFor();
        });
        await bob.page.getByRole("button", { name: "Accept" }).first().click();
        await alice.page.locator("a.chat-line").first().waitFor();

        // A third person, by the picture of a code.
        const carol = await person(browser, url, "Carol", { wrong });
        await carol.page.getByLabel("Your name").fill("Carol");
        await button("Create account", carol).click();
        await carol.page.getByRole("navigation", { name: "Chats" }).waitFor();
        await make();
        await button("Show QR code", bob).first().click();
        const code = `${folder}/code.png`;
        await bob.page.locator("dialog[open] svg.qr").screenshot({ path: code });
        await bob.page.keyboard.press("Escape");
        await task("Add a friend by QR code", async () => {
            await tap(button("Add a friend", carol).first());
            await tap(button("Scan a QR code", carol));
            const [chooser] = await Promise.all([carol.page.waitForEvent("filechooser"), tap(carol.page.getByText("Choose a picture of a code"))]);
            await chooser.setFiles(code);
            await carol.page.getByText("Asked. You can chat when they accept.").waitFor();
        });
        await bob.page.getByRole("button", { name: "Accept" }).first().click();
        await carol.page.locator("a.chat-line").first().waitFor();

        await alice.page.goto(url);
        await openChat(alice);
        await openChat(bob, "alice");
        await say(bob, "the museum is closed on Mondays");
        await sees(alice, "closed on Mondays");
        await task("Send a photo", async () => {
            await tap(button("Attach"));
            const [chooser] = await Promise.all([alice.page.waitForEvent("filechooser"), tap(alice.page.getByText("Photo or video"))]);
            await chooser.setFiles(pictures.house);
            await alice.page.locator(".tray-item").waitFor();
            await tap(button("Send"));
            await bob.page.locator("img.photo-picture").first().waitFor();
        });
        for (let count = 0; count < 3; count++) {
            await say(alice, `and another line ${count}`);
        }
        await task("Find last week's message", async () => {
            await type(alice.page.getByRole("searchbox"), "museum");
            await tap(alice.page.locator(".results .line-button").first());
            await alice.page.locator(".found-message", { hasText: "museum" }).waitFor();
        });
        await alice.page.getByRole("searchbox").fill("");
        await task("See who can see this", async () => {
            await tap(button("Who can see this?").first());
            await alice.page.locator("dialog[open] .who").waitFor();
        });
        await alice.page.keyboard.press("Escape");
        await task("Be back after a reload", async () => {
            await alice.page.reload();
            await sees(alice, "museum");
            await composer(alice).waitFor();
        });
        await task("Mute a chat", async () => {
            await tap(button("More").first());
            await tap(button("For a week"));
            await button("Unmute").waitFor();
        });
        await button("Back").first().click();
        // A group that Bob makes; Alice comes and goes.
        await button("New group", bob).first().click();
        await bob.page.getByLabel("Group name").fill("Museum trip");
        for (const name of await bob.page.locator("[data-person]").all()) {
            await name.check();
        }
        await button("Create group", bob).click();
        await button("Join").click();
        await openChat(alice, "Museum trip");
        await task("Leave a group", async () => {
            await tap(button("More").first());
            await tap(button("Leave group"));
            await tap(alice.page.locator("dialog[open]").getByRole("button", { name: "Leave group", exact: true }));
            await alice.page.locator("dialog[open]").waitFor({ state: "detached" });
        });
        await bob.page.locator(".chat-head .chat-last").filter({ hasNotText: "Alice" }).waitFor();

        await openChat(alice, "Bob");
        await task("Block a person", async () => {
            await tap(button("More").first());
            await tap(button("Block"));
            await tap(alice.page.locator("dialog[open]").getByRole("button", { name: "Block", exact: true }));
            await button("Unblock").waitFor();
        });

        const rows = await table();
        console.log(rows.map(({ task, theirs }) => `${task}: ${counted[task]} (${theirs ?? "none"})`).join("; "));
        assert.deepEqual(Object.fromEntries(rows.map(({ task, ours }) => [task, ours])), counted);
        for (const { task, ours, theirs } of rows) {
            assert.ok(theirs === null || ours <= theirs, task);
        }
    }));

test("the table of taps has ten tasks", async () => assert.equal((await table()).length, 10));
