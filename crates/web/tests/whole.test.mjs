// The whole way, from a link to what the safety team did: each step read from the screen or the program of whoever it is for, and taps counted.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { draw } from "./drawn.mjs";
import { act, attach, befriend, born, details, dialog, gone, knows, listen, makeLink, openChat, person, pick, say, sees, signUp, two } from "./people.mjs";
import { desk, program } from "./team.mjs";
import { launch, world } from "./world.mjs";

const PASSPHRASE = "a lantern on the old pier";
const FILE = / · \d/;
const SECRET = "dont tell your mum about us, its our secret";
const VERIFY = new URL("../../../target/page/verify.html", import.meta.url);

/** Notes what a finger does from here on; typing is no tap. */
async function taps({ page }) {
    await page.evaluate(() => {
        const note = ({ detail, target }) => detail > 0 && window.taps.push((target.closest("button, a, label, summary") ?? target).textContent.trim());
        if (!window.taps) document.addEventListener("click", note, { capture: true });
        window.taps = [];
    });
    return () => page.evaluate(() => window.taps);
}

/** Takes what a list offers under these words. */
async function take(list, words) {
    await list.selectOption(await list.locator("option").filter({ hasText: words }).getAttribute("value"));
}

/** Sends the report that is open, and gives its number. */
async function sent(who) {
    await dialog(who).getByRole("button", { name: "Send", exact: true }).click();
    return (await dialog(who).getByText(/Report number /).innerText()).replace("Report number ", "").trim();
}

test("the whole way: a stranger by a link, what stands out, Help, Keep, all deleted, reported, checked, answered", () =>
    world(async (given) => {
        const { url, folder, browser } = given;
        const pictures = await draw(browser, folder);
        const [cleo, dora] = await desk(url, folder);
        const [alice, bob] = await two(given);
        await born(alice, 12);
        await born(bob, 40);
        const gran = await person(browser, url, "Gran", given);
        await signUp(gran);
        await befriend(alice, gran);
        await openChat(alice, "bob");
        await knows(alice, "A game or another app");
        await alice.page.goto(`${url}/#/settings`);
        await take(alice.page.getByRole("combobox", { name: "A trusted adult" }), /^gran/);
        // A device learns of a safety team when it connects.
        await alice.page.reload();
        await openChat(alice, "bob");

        // A first picture is covered, and stays so; what he says stands out.
        await attach(bob, "photo", pictures.boat);
        await alice.page.locator(".curtain").waitFor();
        await say(bob, SECRET);
        const card = alice.page.locator(".notice-card");
        await card.waitFor();
        let tapped = await taps(alice);
        await card.getByRole("button", { name: "Help", exact: true }).click();
        await alice.page.getByRole("heading", { level: 1, name: "Help", exact: true }).waitFor();
        assert.deepEqual(await tapped(), ["Help"], "one tap from what stands out");
        await alice.page.getByRole("button", { name: "Back", exact: true }).last().click();
        await card.waitFor();

        // Kept: the words with one tap and a passphrase, the picture as well.
        tapped = await taps(alice);
        await card.getByRole("button", { name: "Keep", exact: true }).click();
        await dialog(alice).getByLabel("Passphrase for what you keep").fill(PASSPHRASE);
        await pick(alice, "Keep");
        await alice.page.getByText("Kept, with its proof.").waitFor();
        assert.deepEqual(await tapped(), ["Keep", "Keep"]);
        const covered = alice.page.locator("article.said").first();
        await covered.hover();
        await covered.getByRole("button", { name: "More" }).click();
        await pick(alice, "Keep");
        await gone(alice.page.locator("dialog[open]"));

        // He takes everything back and is gone.
        for (const message of [1, 0]) {
            const said = bob.page.locator("article.said").nth(message);
            await said.hover();
            await said.getByRole("button", { name: "More" }).click();
            await pick(bob, "Delete");
            await pick(bob, "Delete for everyone");
            await alice.page.locator("article.said .gone").nth(1 - message).waitFor();
        }
        await details(bob);
        await bob.page.getByRole("button", { name: "Delete chat from this device" }).click();
        await pick(bob, "Delete chat from this device");
        await gone(bob.page.locator(".page .face"));
        await bob.page.close();

        // What is kept has the words, and no way to the picture.
        await alice.page.goto(`${url}/#/kept`);
        await alice.page.getByLabel("Passphrase for what you keep").fill(PASSPHRASE);
        await alice.page.getByRole("button", { name: "Unlock" }).click();
        const kept = alice.page.locator(".kept-message");
        await kept.filter({ hasText: "our secret" }).getByText(/Taken back by its sender/).waitFor();
        assert.ok((await kept.count()) >= 2, "what was said around it is kept with it");
        assert.equal(await kept.locator("img, video, a[download]").count(), 0);

        // To the desk, in nobody's name: from what is kept it is four taps.
        let named = false;
        alice.page.on("request", (request) => /Log\/Append/.test(request.url()) && "authorization" in request.headers() && (named = true));
        tapped = await taps(alice);
        await kept.filter({ hasText: "our secret" }).getByRole("button", { name: "Report" }).click();
        await dialog(alice).getByText("In danger now?").waitFor();
        await dialog(alice).getByRole("button", { name: "Someone older, or pretending to be someone" }).click();
        await dialog(alice).locator(".report-message[data-kept] input:checked").first().waitFor();
        const picture = dialog(alice).locator(".report-message[data-kept]").filter({ hasText: FILE }).locator("input");
        await picture.check();
        const to = dialog(alice).getByLabel("Who gets it?");
        await dialog(alice).getByText(/It goes to the safety team of this server/).waitFor();
        const number = await sent(alice);
        const done = await tapped();
        assert.equal(done.length, 4, done.join("; "));
        assert.match(done[2], FILE, "the third takes the picture in");
        assert.deepEqual([done[0], done[1], done[3]], ["Report", "Someone older, or pretending to be someone", "Send"]);
        assert.ok(!named, "in nobody's name");
        await dialog(alice).getByRole("button", { name: "Done" }).click();

        // And to her trusted adult, who reads first how to help, and sees no picture.
        await kept.filter({ hasText: "our secret" }).getByRole("button", { name: "Report" }).click();
        await dialog(alice).getByRole("button", { name: "Someone older, or pretending to be someone" }).click();
        await dialog(alice).locator(".report-message[data-kept] input:checked").first().waitFor();
        await dialog(alice).getByText("Change", { exact: true }).click();
        await take(to, /whom you trust$/);
        await sent(alice);
        await dialog(alice).getByRole("button", { name: "Done" }).click();
        await openChat(gran);
        await gran.page.getByRole("button", { name: "Read the report" }).click();
        await dialog(gran).getByText("Thank them.").waitFor();
        await dialog(gran).locator(".exhibit-words", { hasText: "our secret" }).waitFor();
        assert.equal(await dialog(gran).locator("img").count(), 0);

        // The desk checks first, then reads, and answers; she reads the answer under the number.
        const shown = await cleo("desk", "show", number);
        assert.match(shown, /^Made with this account's key, or by the Safety Authority\./);
        assert.ok(shown.includes(`| ${SECRET}`), shown);
        assert.match(shown, /They left their name out/);
        await cleo("desk", "mark", number, "police-first");
        await cleo("desk", "answer", number, "looking", "We are speaking with the police first.");
        assert.match(await dora("desk", "show", number), /told the police first/);
        await alice.page.goto(`${url}/#/reports`);
        await alice.page.locator(`[data-report="${number}"]`).getByText("We are speaking with the police first.").waitFor();

        // For an officer: a file, checked on a machine without an account and without a network.
        await alice.page.goto(`${url}/#/kept`);
        await alice.page.getByLabel("Passphrase for what you keep").fill(PASSPHRASE);
        await alice.page.getByRole("button", { name: "Unlock" }).click();
        await kept.filter({ hasText: "our secret" }).getByRole("button", { name: "Report" }).click();
        await dialog(alice).getByRole("button", { name: "Private pictures" }).click();
        await dialog(alice).locator(".report-message[data-kept] input:checked").first().waitFor();
        await picture.check();
        await dialog(alice).getByText("Change", { exact: true }).click();
        await take(to, /officer|file/i);
        await dialog(alice).getByRole("button", { name: "Make the file" }).click();
        const words = await dialog(alice).locator(".report-passphrase").innerText();
        const [download] = await Promise.all([alice.page.waitForEvent("download"), dialog(alice).getByRole("button", { name: "Save the file" }).click()]);
        const [file, passphrase] = [join(folder, "officer.thr"), join(folder, "words")];
        await writeFile(file, await readFile(await download.path()));
        await writeFile(passphrase, `${words}\n`);
        // The picture that he took back goes with it, sealed as it was kept.
        const button = dialog(alice).getByRole("button", { name: "Save the sealed files" });
        const [beside] = await Promise.all([alice.page.waitForEvent("download"), button.click()]);
        const sealed = join(folder, "kept-sealed");
        await mkdir(sealed);
        await writeFile(join(sealed, beside.suggestedFilename()), await readFile(await beside.path()));
        await dialog(alice).getByRole("button", { name: "Done" }).click();
        const away = await launch();
        try {
            const context = await away.newContext();
            await context.setOffline(true);
            const page = await context.newPage();
            await page.goto(pathToFileURL(VERIFY.pathname).href);
            await page.getByText("Ready. Nothing leaves this page.").waitFor();
            await page.getByLabel("The report, a file that ends in .thr").setInputFiles(file);
            await page.getByLabel("The passphrase that came with it").fill(words);
            await page.getByRole("button", { name: "Check" }).click();
            await page.getByText("Checked: read what it says below.").waitFor();
            await page.locator("#exhibit").getByText(SECRET).waitFor();
        } finally {
            await away.close();
        }

        // The keeper has no way to the picture any more; both halves have, and one half has not.
        const halves = [1, 2].map((half) => join(folder, "halves", `half-${half}.txt`));
        const officer = ["verify", file, "--passphrase-file", passphrase, "--reference", "CR 1234/27", "--halves"];
        const failed = await program(folder, "nobody")(...officer, halves[0], halves[0]).catch((error) => error);
        assert.match(failed.stderr, /halves do not open/);
        const hold = /stored as blob ([0-9a-f]{64})/.exec(shown)[1];
        await cleo("desk", "hold", number, hold);
        const opened = join(folder, "opened");
        const looked = await program(folder, "nobody")(...officer, ...halves, "--pictures", opened, "--sealed", join(folder, "server", "blobs"));
        assert.match(looked, /compartment B was opened and has [1-9]/);
        const files = await readdir(opened, { withFileTypes: true });
        const seen = await readFile(join(opened, files.find((entry) => !entry.name.endsWith(".txt")).name));
        assert.ok(shown.includes(createHash("sha256").update(seen).digest("hex")), "what he sent and took back, byte for byte");
        // The same without the server, from the sealed bytes that she kept.
        const again = join(folder, "opened-again");
        await program(folder, "nobody")(...officer, ...halves, "--pictures", again, "--sealed", sealed);
        const there = (await readdir(again)).find((entry) => !entry.endsWith(".txt"));
        assert.ok(seen.equals(await readFile(join(again, there))));

        // The desk acts: whoever comes back finds out that, and not from whom.
        await cleo("desk", "mark", number, "open");
        const [, his] = new RegExp(`desk restrict ${number} (\\S+)`).exec(await cleo("desk", "show", number));
        await cleo("desk", "restrict", number, his);
        bob.page = await bob.context.newPage();
        await bob.page.goto(`${url}/#/friends`);
        await bob.page.getByRole("button", { name: /link/i }).first().click();
        await bob.page.getByText("The safety team restricted your account.").first().waitFor();

        // About a member of the desk: that member never sees it, the others do.
        const name = JSON.parse(await dora("whoami", "--json"));
        const link = await makeLink(alice, "dora");
        await dora("add", link);
        await alice.page.goto(`${url}/#/`);
        await alice.page.getByRole("button", { name: "Accept" }).first().click();
        for (let tries = 0; tries < 40; tries++) {
            await dora("sync");
            if ((await dora("chats")).includes("alice")) break;
            await new Promise((done) => setTimeout(done, 500));
        }
        const [{ name: her }] = (await dora("chats", "--json")).trim().split("\n").map((line) => JSON.parse(line)).flat();
        await dora("send", her, "you are no use to anybody");
        await openChat(alice, name.username ?? "dora");
        await act(alice, "you are no use to anybody", "Report");
        await dialog(alice).getByRole("button", { name: "Someone is being mean or threatening" }).click();
        await dialog(alice).locator(".report-message").first().waitFor();
        if (!(await dialog(alice).getByText(/It goes to the safety team of this server/).isVisible())) {
            await dialog(alice).getByText("Change", { exact: true }).click();
            await take(to, /safety team/i);
        }
        const about = await sent(alice);
        await dialog(alice).getByRole("button", { name: "Done" }).click();
        const numbers = async (member) => (await member("desk", "--json")).trim().split("\n").filter(Boolean).map((line) => JSON.parse(line).report);
        assert.ok((await numbers(cleo)).includes(about));
        assert.ok(!(await numbers(dora)).includes(about), "it is about her");

        // By somebody without an account.
        const context = await browser.newContext({ locale: "en-GB" });
        listen(context, "visitor", given.wrong);
        const visitor = await context.newPage();
        await visitor.goto(`${url}/report`);
        await visitor.getByLabel("Say it in your own words").fill("A child I know says somebody writes to her every night.");
        await visitor.getByRole("button", { name: "Send", exact: true }).click();
        const told = (await visitor.getByText(/Report number /).innerText()).replace("Report number ", "").trim();
        assert.match(await cleo("desk", "show", told), /^Nothing in this is proved\./);
    }));
