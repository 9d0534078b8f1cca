// What lies in the browser: nothing that can be read while one is logged in, nothing at all afterwards or on a shared computer.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { NO_CONNECTION, attach, befriend, excuse, makeLink, openChat, openLink, accept, person, say, sees, signUp } from "./people.mjs";
import { everything, keyring, outside, search } from "./storage.mjs";
import { world } from "./world.mjs";

/** What a whole piece of a file takes that waits: 1 MiB and a tag. */
const SEALED_PIECE = 1024 * 1024 + 16;
const EMPTY = { files: [], databases: [], caches: [], local: [], session: [], workers: 0, cookies: "" };

/** Runs in a page: one of the words is put into each place where none may ever lie, and a key into a record. */
async function plant([words, key]) {
    const [inFile, inDatabase, inCache, inStorage, inTab] = words;
    const writer = await (await (await navigator.storage.getDirectory()).getFileHandle("canary", { create: true })).createWritable();
    await writer.write(inFile);
    await writer.close();
    const asked = indexedDB.open("canary");
    const bytes = Uint8Array.from(key.match(/../g), (pair) => parseInt(pair, 16));
    asked.onupgradeneeded = () => asked.result.createObjectStore("all").put({ inDatabase, inner: [{ bytes }] }, "one");
    await new Promise((done) => (asked.onsuccess = done));
    asked.result.close();
    await (await caches.open("canary")).put("/canary", new Response(inCache));
    localStorage.setItem("canary", inStorage);
    sessionStorage.setItem("canary", inTab);
}

/** Runs in a page. */
async function uproot() {
    await (await navigator.storage.getDirectory()).removeEntry("canary");
    await new Promise((done) => (indexedDB.deleteDatabase("canary").onsuccess = done));
    await caches.delete("canary");
    localStorage.removeItem("canary");
    sessionStorage.removeItem("canary");
}

test("private files, databases, caches and storages hold no text, name, file name, file content or key, and the store begins with a salt", () =>
    world(async ({ url, browser, wrong, folder }) => {
        const [alice, bob] = [await person(browser, url, "Aurelia", { wrong }), await person(browser, url, "Benedict", { wrong })];
        await signUp(alice);
        await signUp(bob);
        await befriend(alice, bob);
        await openChat(alice);
        await openChat(bob);
        await say(alice, "a purple heron over the mill");
        await sees(bob, "a purple heron over the mill");
        const [sent, waiting] = ["heron-sketch.bin", "mill-notes.bin"].map((name) => join(folder, name));
        await writeFile(sent, "feathers of a heron\n".repeat(100000));
        await writeFile(waiting, "the miller's tally\n".repeat(150000));
        await attach(alice, "file", sent);
        const [download] = await Promise.all([bob.page.waitForEvent("download"), bob.page.locator("button.file").first().click()]);
        await download.path();
        // One that waits for a connection lies there until then.
        await alice.context.setOffline(true);
        await attach(alice, "file", waiting);
        // What a tab holds for itself ends with it.
        assert.deepEqual(await alice.page.evaluate(() => ({ ...sessionStorage })), {});
        await alice.page.close();
        await alice.context.setOffline(false);

        const words = ["purple heron", "Aurelia", "aurelia", "Benedict", "benedict", "heron-sketch", "mill-notes", "feathers of", "miller's tally"];
        for (const who of [alice, bob]) {
            if (who === bob) await bob.page.close();
            const page = await outside(who.context, url);
            const ring = await keyring(page);
            assert.deepEqual(ring.stores, ["keys"]);
            assert.deepEqual(ring.names, ["store"]);
            assert.deepEqual(ring.parts, ["locked", "nonce", "sealed", "wrapping"]);
            assert.deepEqual(ring.exported, [], "the key that seals the other is given to nobody");
            const looked = await search(page, words, [ring.key]);
            assert.deepEqual(looked.found, [], who.name);
            assert.ok(looked.bytes > (who === alice ? 2850000 : 2000000), `${who.name}: ${looked.bytes} bytes in ${looked.files} files`);
            assert.match(looked.salt, /^[0-9a-f]{32}$/);
            assert.equal(looked.salt, ring.salt, "what was looked for is the key of this very store");
            assert.notEqual(looked.salt, "0".repeat(32));
            const kept = await everything(page);
            assert.deepEqual(kept.databases, ["treehouse-keys"]);
            assert.ok(kept.caches.every((name) => /^treehouse-(shell-|people$|held$)/.test(name)), kept.caches.join());
            assert.ok(kept.local.every((name) => name.startsWith("treehouse-")), kept.local.join());
            assert.deepEqual([kept.session, kept.cookies], [[], ""]);
            console.log(`${who.name}: ${looked.bytes} bytes in ${looked.files} files hold none of it`);
            // The same search finds what does lie there.
            await page.evaluate(plant, [words, ring.key]);
            const planted = [...words.slice(0, 5), ring.key].sort();
            assert.deepEqual((await search(page, words, [ring.key])).found.sort(), planted);
            await page.evaluate(uproot);
            await page.close();
        }
        // Without a connection the browser itself complains.
        excuse(wrong, NO_CONNECTION);
        // Sealed as it lay there, the file goes on and arrives whole.
        alice.page = await alice.context.newPage();
        await alice.page.goto(url);
        bob.page = await bob.context.newPage();
        await bob.page.goto(url);
        await openChat(bob);
        const button = bob.page.locator("button.file").filter({ hasText: "mill-notes.bin" });
        await button.waitFor();
        const [whole] = await Promise.all([bob.page.waitForEvent("download"), button.click()]);
        assert.equal(await readFile(await whole.path(), "utf8"), await readFile(waiting, "utf8"));
    }));

test("a file that waits and was cut short where a piece ends, or to nothing, is refused and not sent as if it were whole", () =>
    world(async ({ url, browser, wrong, folder }) => {
        const [alice, bob] = [await person(browser, url, "Alice", { wrong }), await person(browser, url, "Bob", { wrong })];
        await signUp(alice);
        await signUp(bob);
        await befriend(alice, bob);
        await openChat(alice);
        await openChat(bob);
        const names = ["one.txt", "two.txt", "three.txt"];
        await alice.context.setOffline(true);
        for (const name of names) {
            await writeFile(join(folder, name), `the tally of ${name}\n`.repeat(150000));
            await attach(alice, "file", join(folder, name));
        }
        await alice.page.close();
        await alice.context.setOffline(false);
        const page = await outside(alice.context, url);
        // Whose is which nobody can tell here; one of them stays as it is.
        const cut = await page.evaluate(async (lengths) => {
            const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("outgoing");
            const files = [];
            for await (const file of folder.values()) files.push(file);
            const sizes = await Promise.all(files.map(async (file) => (await file.getFile()).size));
            for (const file of files.slice(0, lengths.length)) {
                const writer = await file.createWritable({ keepExistingData: true });
                await writer.truncate(lengths.pop());
                await writer.close();
            }
            return sizes;
        }, [SEALED_PIECE, 0]);
        assert.equal(cut.length, 3);
        assert.ok(cut.every((size) => size > 2 * SEALED_PIECE), cut.join());
        await page.close();
        // Without a connection the browser itself complains.
        excuse(wrong, NO_CONNECTION);

        alice.page = await alice.context.newPage();
        await alice.page.goto(url);
        await openChat(alice);
        const refused = alice.page.locator("article.mine .delivery", { hasText: "cannot be read. Choose it again." });
        await refused.nth(1).waitFor();
        await say(alice, "that is all");
        await sees(bob, "that is all");
        const button = bob.page.locator("button.file");
        await button.first().waitFor();
        const [whole] = await Promise.all([bob.page.waitForEvent("download"), button.first().click()]);
        const name = whole.suggestedFilename();
        assert.ok(names.includes(name), name);
        assert.equal(await readFile(await whole.path(), "utf8"), await readFile(join(folder, name), "utf8"));
        assert.deepEqual([await button.count(), await refused.count()], [1, 2]);
    }));

test("logging out says what will be lost, then leaves nothing in the browser and no tab behind", () =>
    world(async ({ url, browser, wrong }) => {
        const [alice, bob] = [await person(browser, url, "Alice", { wrong }), await person(browser, url, "Bob", { wrong })];
        await signUp(alice);
        await signUp(bob);
        await befriend(alice, bob);
        await openChat(alice);
        await say(alice, "until tomorrow");
        await openChat(bob);
        await sees(bob, "until tomorrow");
        const second = await alice.context.newPage();
        await second.goto(url);
        await second.locator("a.chat-line").first().waitFor();
        await second.evaluate(() => localStorage.setItem("left", "over"));
        const { page } = alice;
        await page.getByRole("button", { name: "Settings" }).click();
        await page.getByRole("button", { name: "Log out" }).click();
        const dialog = page.getByRole("dialog", { name: "Log out" });
        await dialog.getByText("All messages and files in this browser will be deleted.").waitFor();
        await dialog.getByText("You have no 12 words. Without them this account is gone for good.").waitFor();
        await dialog.getByRole("button", { name: "Get my 12 words first" }).waitFor();
        const [cleared] = await Promise.all([
            page.waitForResponse((response) => response.url() === `${url}/bye` && response.request().method() === "POST"),
            dialog.getByRole("button", { name: "Delete all and log out" }).click(),
        ]);
        assert.equal((await cleared.allHeaders())["clear-site-data"], '"cache", "cookies", "storage"');
        for (const tab of [page, second]) {
            await tab.getByRole("heading", { name: "You are logged out" }).waitFor();
            assert.equal(tab.url(), `${url}/bye`);
        }
        assert.deepEqual(await everything(page), EMPTY);
        await page.getByRole("link", { name: "Open Treehouse" }).click();
        await page.getByRole("button", { name: "Create account" }).waitFor();
        // Only the program itself is kept before there is an account.
        const kept = await everything(page);
        assert.deepEqual([kept.files, kept.databases, kept.local], [[], [], []]);
        // The other one keeps what was said.
        await sees(bob, "until tomorrow");
    }));

test("on a shared computer everything lives in one tab and is gone when it is closed", () =>
    world(async ({ url, browser, wrong, folder }) => {
        const [alice, bob] = [await person(browser, url, "Alice", { wrong }), await person(browser, url, "Bob", { wrong })];
        await alice.page.getByLabel("This is a shared computer: keep nothing").check();
        await alice.page.getByText("All goes when this tab is closed or loaded again.").waitFor();
        await signUp(alice);
        await signUp(bob);
        // A link is opened without loading the page anew, which would end everything.
        const link = await makeLink(alice, "Bob");
        await openLink(bob, link);
        await accept(alice);
        await alice.page.locator("a.chat-line").first().waitFor();
        await openChat(alice);
        await openChat(bob);
        await say(alice, "I am at the library");
        await sees(bob, "I am at the library");
        const notes = join(folder, "notes.bin");
        await writeFile(notes, "shelf and row\n".repeat(100000));
        await attach(alice, "file", notes);
        const [download] = await Promise.all([bob.page.waitForEvent("download"), bob.page.locator("button.file").first().click()]);
        await download.path();
        await attach(bob, "file", notes);
        const [back] = await Promise.all([alice.page.waitForEvent("download"), alice.page.locator("button.file").nth(1).click()]);
        await back.path();

        const second = { ...alice, page: await alice.context.newPage() };
        await second.page.goto(url);
        await openChat(second);
        await say(second, "and in a second tab");
        await sees(bob, "and in a second tab");
        await second.page.getByRole("button", { name: "Settings" }).click();
        await second.page.getByText("This is a shared computer: nothing is kept here.").waitFor();

        const nothing = (kept) => {
            const { caches, workers, ...rest } = kept;
            const { caches: _, workers: __, ...empty } = EMPTY;
            assert.deepEqual(rest, empty);
            // The program that everybody gets, and nothing of a person.
            assert.ok(caches.every((name) => name.startsWith("treehouse-shell-") || name === "treehouse-people"), caches.join());
        };
        nothing(await everything(second.page));

        // Loading it anew is warned of, and ends it for both tabs.
        const asked = [];
        alice.page.on("dialog", (dialog) => {
            asked.push(dialog.type());
            dialog.accept();
        });
        await alice.page.reload();
        assert.deepEqual(asked, ["beforeunload"]);
        for (const tab of [alice.page, second.page]) await tab.getByRole("button", { name: "Create account" }).waitFor();
        await alice.page.close();
        await second.page.close();
        const page = await outside(alice.context, url);
        nothing(await everything(page));
        assert.deepEqual((await search(page, ["I am at the library", "notes.bin", "shelf and row"])).found, []);
    }));
