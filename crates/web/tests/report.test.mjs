// Keeping and reporting, from the page to the safety team: what leaves is read on the desk's own program.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { act, dialog, say, sees, two } from "./people.mjs";
import { desk, program } from "./team.mjs";
import { world } from "./world.mjs";

test("from a message it is four taps to a report that the safety team can check, and the server cannot tell whose it is", { timeout: 300000 }, () =>
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
        await dialog(alice).getByRole("button", { name: "Send", exact: true }).click();
        const said = await dialog(alice).getByText(/Report number /).innerText();
        const number = said.replace("Report number ", "").trim();
        assert.ok(!named, "a report is sent in nobody's name");

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

test("a report for an officer is a file that its words open, on a machine without an account", { timeout: 240000 }, () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        await say(bob, "send me a picture of you");
        await act(alice, "send me a picture of you", "Report");
        await dialog(alice).getByRole("button", { name: "Private pictures" }).click();
        await dialog(alice).getByText("It goes into a file that only a passphrase opens.").waitFor();
        await dialog(alice).getByRole("button", { name: "Send", exact: true }).click();
        const words = await dialog(alice).locator(".report-passphrase").innerText();
        const [download] = await Promise.all([alice.page.waitForEvent("download"), dialog(alice).getByRole("button", { name: "Save the file" }).click()]);
        const [file, passphrase] = [join(given.folder, "report.thr"), join(given.folder, "words")];
        await writeFile(file, await readFile(await download.path()));
        await writeFile(passphrase, `${words}\n`);
        const opened = await program(given.folder, "nobody")("verify", file, "--passphrase-file", passphrase).catch((error) => error.stdout);
        assert.match(opened, /\| send me a picture of you/);
    }));

test("what is kept stays when its sender takes it back, opens with its own passphrase, and nobody else sees it", { timeout: 240000 }, () =>
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
