// A browser and the command line in one chat.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { accept, makeLink, openChat, person, say, sees, signUp } from "./people.mjs";
import { PROGRAM, world } from "./world.mjs";

const run = promisify(execFile);

test("a browser and the command line chat with each other", () =>
    world(async ({ url, browser, folder, wrong }) => {
        const alice = await person(browser, url, "Alice", { wrong });
        await signUp(alice);
        const bob = async (...words) => (await run(PROGRAM, ["--home", join(folder, "bob"), ...words])).stdout;
        await bob("signup", "bob", "--server", url);
        await bob("add", await makeLink(alice, "Bob"));
        await accept(alice);
        const chat = await until(bob, ["chats"], /^\s*(\d+)\s+alice/m);
        await openChat(alice);
        await say(alice, "hello from the page");
        await until(bob, ["read", chat], /hello from the page/);
        await bob("send", chat, "hello from the command line");
        await sees(alice, "hello from the command line");
        const photo = join(folder, "photo.png");
        execFileSync("ffmpeg", ["-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=640x480", "-frames:v", "1", photo]);
        await bob("send", chat, "--file", photo, "--alt", "coloured stripes");
        await alice.page.getByAltText("coloured stripes").first().waitFor();
        await say(alice, "and again");
        await until(bob, ["read", chat], /and again/);
        const said = (await bob("read", chat, "--json")).trim().split("\n").map((line) => JSON.parse(line));
        assert.deepEqual(said.map((message) => message.text).filter((text) => /hello|again/.test(text)),
            ["hello from the page", "hello from the command line", "and again"]);
        const shown = await alice.page.locator("article.said .text").allInnerTexts();
        assert.equal(shown.filter((text) => /hello|again/.test(text)).length, 3, shown.join(" | "));
    }));

/** Fetches what is new until a command prints what is waited for, and gives the first group of it. */
async function until(program, words, wanted) {
    const end = Date.now() + 60000;
    while (Date.now() < end) {
        await program("sync");
        const found = wanted.exec(await program(...words));
        if (found) {
            return found[1];
        }
    }
    throw new Error(`nothing like ${wanted} came`);
}
