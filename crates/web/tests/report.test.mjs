// Keeping and reporting, from the page to the safety team: what leaves is read on the desk's own program.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { fine } from "./fine.mjs";
import { arrives, held, reach } from "./keys.mjs";
import { act, composer, dialog, say, sees, two } from "./people.mjs";
import { desk, program } from "./team.mjs";
import { world } from "./world.mjs";

test("from a message it is four taps to a report that the safety team can check, and the server cannot tell whose it is", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        const [cleo] = await desk(given.url, given.folder);
        // A device learns of a safety team when it connects.
        await alice.page.reload();
        await alice.page.locator(".composer textarea").waitFor();
        for (const words of ["hello", "nobody likes you", "you will be sorry"]) {
            await say(bob, words);
            await sees(alice, words);
        }
        const { page } = alice;
        let named = false;
        page.on("request", (request) => {
            if (/Log\/Append|safety/.test(request.url()) && "authorization" in request.headers()) named = true;
        });
        const message = await sees(alice, "you will be sorry");
        await message.hover();
        await message.getByRole("button", { name: "More" }).click();
        await dialog(alice).getByRole("button", { name: "Report", exact: true }).click();
        await dialog(alice).getByText("In danger now? ").waitFor();
        await dialog(alice).getByRole("button", { name: "Someone is being mean or threatening" }).click();
        await dialog(alice).getByText(/It goes to the safety team of this server \(3 people\)/).waitFor();
        await dialog(alice).getByText("They do not see your name.").waitFor();
        await dialog(alice).locator(".report-message").nth(2).waitFor();
        // Where nobody outside the team is named, what is about a member of staff goes into a file, and who else helps is said.
        const staff = dialog(alice).getByLabel("It is about a member of staff");
        await staff.check();
        await dialog(alice).getByText("It goes into a file that only a passphrase opens.").waitFor();
        const elsewhere = dialog(alice).locator(".staff-elsewhere");
        await elsewhere.getByText("Nobody outside the safety team reads reports here.").waitFor();
        await elsewhere.getByText("The service that protects children where you live.").waitFor();
        assert.equal(await elsewhere.locator('[data-entry^="gb-"]').count(), 0, "no number of another country");
        await staff.uncheck();
        await dialog(alice).getByText(/It goes to the safety team of this server \(3 people\)/).waitFor();
        assert.equal(await elsewhere.count(), 0);
        const offered = await dialog(alice).getByLabel("Who gets it?").locator("option").allTextContents();
        assert.deepEqual(offered, ["The safety team", "A file for the police"]);
        await dialog(alice).getByRole("button", { name: "Send", exact: true }).click();
        const said = await dialog(alice).getByText(/Report number /).innerText();
        const number = said.replace("Report number ", "").trim();
        assert.ok(!named, "a report is sent in nobody's name");
        // Who else helps with this, and nobody who is for something else.
        const beside = dialog(alice).locator(".beside");
        await beside.getByText("Your school and an adult you trust can do a lot.").waitFor();
        assert.ok((await beside.locator(".entry").count()) > 0);
        assert.equal(await beside.locator('[data-entry$="ceop"], [data-entry$="ncmec"]').count(), 0);
        await fine(page, "a report that was sent");

        const rows = (await cleo("desk", "--json")).trim().split("\n").map((line) => JSON.parse(line));
        assert.deepEqual(rows.map((row) => [row.report, row.holds]), [[number, true]]);
        const shown = await cleo("desk", "show", number);
        assert.match(shown, /^Made with this account's key, or by the Safety Authority\./);
        assert.match(shown, /\| you will be sorry/);
        assert.match(shown, /They left their name out/);
        await dialog(alice).getByRole("button", { name: "Done" }).click();
        // The other side is not told.
        assert.equal(await bob.page.locator("article.said").count(), 3);
    }));

test("a report that does not arrive is not sent yet, lies on the device, and goes again under its number", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        const [cleo] = await desk(given.url, given.folder);
        await alice.page.reload();
        await alice.page.locator(".composer textarea").waitFor();
        await say(bob, "you will be sorry");
        await sees(alice, "you will be sorry");
        const team = dialog(alice).getByText(/It goes to the safety team of this server/);
        // A device learns of a safety team some moments after it connects; a dialog that was open before says what it knew.
        for (let tries = 0; tries < 10 && !(await team.isVisible()); tries++) {
            if (tries) await dialog(alice).getByRole("button", { name: "Close" }).click();
            await act(alice, "you will be sorry", "Report");
            await dialog(alice).getByRole("button", { name: "Someone is being mean or threatening" }).click();
            await team.waitFor({ timeout: 3000 }).catch(() => {});
        }
        await team.waitFor();
        await alice.context.setOffline(true);
        await dialog(alice).getByRole("button", { name: "Send", exact: true }).click();
        await dialog(alice).getByText("Not sent yet").waitFor();
        await dialog(alice).getByText("It is safe on this device.").waitFor();
        const said = await dialog(alice).getByText(/Report number /).innerText();
        const number = said.replace("Report number ", "").trim();
        await dialog(alice).getByRole("button", { name: "Try again" }).click();
        await dialog(alice).getByText("Not sent yet").waitFor();
        assert.equal((await cleo("desk")).trim(), "No reports.");

        await alice.context.setOffline(false);
        // The first tap may come before the line is back.
        const sent = dialog(alice).getByRole("heading", { name: "Sent", exact: true });
        for (let tries = 0; tries < 20 && !(await sent.isVisible()); tries++) {
            await dialog(alice).getByRole("button", { name: "Try again" }).click({ timeout: 2000 }).catch(() => {});
            await sent.waitFor({ timeout: 2000 }).catch(() => {});
        }
        await sent.waitFor();
        assert.equal((await dialog(alice).getByText(/Report number /).innerText()).replace("Report number ", "").trim(), number);
        const rows = (await cleo("desk", "--json")).trim().split("\n").map((line) => JSON.parse(line));
        assert.deepEqual(rows.map((row) => [row.report, row.holds]), [[number, true]]);
    }));

test("with keys alone a message is reported and another kept", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        const { page } = alice;
        const { keyboard } = page;
        for (const words of ["hello", "you will be sorry"]) {
            await say(bob, words);
            await sees(alice, words);
        }
        await composer(alice).focus();
        await reach(page, /you will be sorry/, { key: "Shift+Tab" });
        await keyboard.press("Enter");
        await reach(page, "Report");
        await keyboard.press("Enter");
        await dialog(alice).getByText("In danger now? ").waitFor();
        await held(page, "in a report");
        await fine(page, "a report, first step");
        await reach(page, "Someone is being mean or threatening");
        await keyboard.press("Enter");
        await dialog(alice).locator(".report-message").nth(1).waitFor();
        await held(page, "in the second step");
        await reach(page, "Change");
        await keyboard.press("Enter");
        await fine(page, "a report, second step with what can be changed");
        await reach(page, "Make the file", { most: 60 });
        await keyboard.press("Enter");
        await dialog(alice).getByText(/Report number /).waitFor();
        await held(page, "once it is made");
        await reach(page, "Done", { most: 60 });
        await keyboard.press("Enter");
        await arrives(page, /you will be sorry/);

        await keyboard.press("Enter");
        await reach(page, "Keep");
        await keyboard.press("Enter");
        await dialog(alice).getByLabel("Passphrase for what you keep").waitFor();
        await fine(page, "a passphrase for what is kept");
        await reach(page, "Passphrase for what you keep");
        await keyboard.type("a lantern on the old pier");
        await keyboard.press("Enter");
        await page.getByText("Kept, with its proof.").waitFor();
        await held(page, "once it is kept");
    }));

test("a report for an officer is a file that its words open, on a machine without an account", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        await say(bob, "send me a picture of you");
        await act(alice, "send me a picture of you", "Report");
        await dialog(alice).getByRole("button", { name: "Private pictures" }).click();
        await dialog(alice).getByText("It goes into a file that only a passphrase opens.").waitFor();
        await dialog(alice).getByText("Change", { exact: true }).click();
        await dialog(alice).getByLabel("Do you want to say more?").fill("They asked again and again. ".repeat(300));
        await dialog(alice).getByRole("button", { name: "Make the file" }).click();
        const words = await dialog(alice).locator(".report-passphrase").innerText();
        await dialog(alice).locator(".beside").getByText("You will not have to send the picture to anyone").waitFor();
        await dialog(alice).locator('.beside [data-entry="us-ncmec"]').waitFor();
        // What will be asked, answered as far as the device knows it, and printed without the words that open the file.
        const facts = dialog(alice).locator(".asked");
        await facts.getByText("What you will be asked").click();
        const parts = ["How to reach you", "What happened", "Who it happened to", "What you know about who did it", "What you can give them"];
        assert.deepEqual(await facts.locator("dt").allTextContents(), parts);
        for (const known of ["Private pictures", /^Messages: 1\. /, /^You: @alice\S* on /, "@bob", /^The key of the account: [0-9a-f]{64}$/, /^The file report-.*\.thr/]) {
            await facts.getByText(known).waitFor();
        }
        await fine(alice.page, "what an officer will ask");
        await facts.getByText("The police ask for this.").waitFor();
        await alice.page.emulateMedia({ media: "print" });
        assert.equal(await dialog(alice).locator(".report-passphrase").isVisible(), false);
        assert.equal(await dialog(alice).getByText("Report number ").isVisible(), false);
        assert.equal(await alice.page.locator("nav").first().isVisible(), false);
        assert.ok(await facts.locator("dd").last().isVisible());
        await alice.page.emulateMedia({ media: null });
        // A note of any length is printed to its end.
        const sheets = (await alice.page.pdf()).toString("latin1").match(/\/Type\s*\/Page\b/g).length;
        assert.ok(sheets >= 3, `${sheets} sheets`);
        const [download] = await Promise.all([alice.page.waitForEvent("download"), dialog(alice).getByRole("button", { name: "Save the file" }).click()]);
        const [file, passphrase] = [join(given.folder, "report.thr"), join(given.folder, "words")];
        await writeFile(file, await readFile(await download.path()));
        await writeFile(passphrase, `${words}\n`);
        const opened = await program(given.folder, "nobody")("verify", file, "--passphrase-file", passphrase).catch((error) => error.stdout);
        assert.match(opened, /\| send me a picture of you/);

        // CEOP where it is for that, and never for bullying.
        await alice.page.evaluate(() => localStorage.setItem("treehouse-region", "GB"));
        for (const [why, ceop] of [["Someone older, or pretending to be someone", 1], ["Someone is being mean or threatening", 0]]) {
            await dialog(alice).getByRole("button", { name: "Done" }).click();
            await act(alice, "send me a picture of you", "Report");
            await dialog(alice).getByRole("button", { name: why }).click();
            await dialog(alice).getByRole("button", { name: "Make the file" }).click();
            await dialog(alice).locator(".asked").getByText("What you will be asked").click();
            await facts.getByText("@bob").waitFor();
            assert.equal(await facts.getByText("CEOP").count(), ceop, why);
        }
    }));

test("what is kept stays when its sender takes it back, opens with its own passphrase, and nobody else sees it", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        await say(bob, "do not tell anybody");
        await act(alice, "do not tell anybody", "Keep");
        await dialog(alice).getByLabel("Passphrase for what you keep").fill("short");
        await dialog(alice).getByRole("button", { name: "Keep", exact: true }).click();
        await dialog(alice).getByText("This passphrase is too short.").waitFor();
        await dialog(alice).getByLabel("Passphrase for what you keep").fill("a lantern on the old pier");
        await dialog(alice).getByRole("button", { name: "Keep", exact: true }).click();
        await alice.page.getByText("Kept, with its proof.").waitFor();
        await act(bob, "do not tell anybody", "Delete");
        await dialog(bob).getByRole("button", { name: "Delete for everyone" }).click();
        await alice.page.locator("article.said .gone").waitFor();

        await alice.page.getByRole("button", { name: "Settings" }).click();
        await alice.page.getByRole("button", { name: "What you keep" }).click();
        assert.equal(await alice.page.getByText("do not tell anybody").count(), 0);
        const field = alice.page.getByLabel("Passphrase for what you keep");
        await field.fill("another passphrase altogether");
        await alice.page.getByRole("button", { name: "Unlock" }).click();
        await alice.page.getByText("This passphrase is not the right one.").waitFor();
        await field.fill("a lantern on the old pier");
        await alice.page.getByRole("button", { name: "Unlock" }).click();
        const kept = alice.page.locator(".kept-message", { hasText: "do not tell anybody" });
        await kept.getByText(/Taken back by its sender on/).waitFor();
        // Closed again when one comes back.
        await alice.page.getByRole("button", { name: "Back" }).first().click();
        await alice.page.getByRole("button", { name: "What you keep" }).click();
        await field.waitFor();
        assert.equal(await kept.count(), 0);
        await kept.page().getByRole("button", { name: "Back" }).first().click();
    }));
