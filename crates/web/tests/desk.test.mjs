// The team's screens: members join with the operator's line, what holds comes first, and what one does the others see, in the page and on the command line.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { fine, fits } from "./fine.mjs";
import { act, attach, dialog, makeLink, openChat, pick, say, sees, two } from "./people.mjs";
import { joins, member, program, run } from "./team.mjs";
import { PROGRAM, world } from "./world.mjs";

async function report(alice, reason) {
    const { page } = alice;
    await page.reload();
    await page.locator(".composer textarea").waitFor();
    await act(alice, "you will be sorry", "Report");
    await dialog(alice).getByRole("button", { name: reason }).click();
    await dialog(alice).getByText(/It goes to the safety team of this server/).waitFor();
    await dialog(alice).locator(".report-message").first().waitFor();
    await dialog(alice).getByRole("button", { name: "Send", exact: true }).click();
    const said = await dialog(alice).getByText(/Report number /).innerText();
    await dialog(alice).getByRole("button", { name: "Done" }).click();
    return said.replace("Report number ", "").trim();
}

test("the team reads a report in the page, what holds first and never a picture, and each sees what the others did", () =>
    world(async (given) => {
        const { url, folder } = given;
        const kim = await member(given, "Kim");
        const lee = await member(given, "Lee");
        const evan = program(folder, "evan");
        await evan("signup", "evan", "--server", url);
        const third = JSON.parse(await evan("whoami", "--json")).account;
        const faye = program(folder, "faye");
        await faye("signup", "faye", "--server", url);
        const deputy = JSON.parse(await faye("whoami", "--json")).account;
        const whom = ["--member", kim.key, "--member", lee.key, "--member", third, "--deputy", deputy, "--appeal", "Sam, 01632 960123"];
        const { stdout } = await run(PROGRAM, ["admin", "desk", "--data", join(folder, "server"), ...whom, "--halves", join(folder, "halves")]);
        const line = (key) => stdout.split("\n").find((text) => text.includes(key));
        // The whole line as it was printed, and nothing that is not one.
        await kim.page.getByLabel("Your line").fill("hello");
        await kim.page.getByRole("button", { name: "Join the team" }).click();
        await kim.page.getByText("This is not the line that the person who runs the server gave you.").waitFor();
        await joins(kim, line(kim.key));
        await kim.page.getByText("Only 1 of 4 members read this in the last 7 days.").waitFor();
        await fits(kim.page, "an empty desk");
        await joins(lee, line(lee.key));
        await kim.page.getByRole("button", { name: "Look again" }).click();
        await kim.page.getByText("Only 1 of 4 members").waitFor({ state: "detached" });

        const [alice, bob] = await two(given);
        const plan = join(folder, "plan.txt");
        await writeFile(plan, "a plan of the house");
        await attach(bob, "file", plan);
        await sees(alice, "plan.txt");
        for (const words of ["hello", "you will be sorry"]) {
            await say(bob, words);
            await sees(alice, words);
        }
        const first = await report(alice, "Someone is being mean or threatening");
        const second = await report(alice, "Something else");

        await kim.page.getByRole("button", { name: "Look again" }).click();
        const rows = kim.page.locator("[data-case]");
        await rows.nth(1).waitFor();
        assert.deepEqual(await rows.evaluateAll((all) => all.map((row) => row.dataset.case)), [second, first], "newest first");
        await kim.page.locator(`[data-case="${first}"]`).getByText("Not opened yet").waitFor();
        await fine(kim.page, "the desk");
        await kim.page.setViewportSize({ width: 320, height: 700 });
        await fits(kim.page, "the desk, small");

        // By keys alone.
        await kim.page.locator(`[data-case="${first}"] button`).focus();
        await kim.page.keyboard.press("Enter");
        const shown = kim.page.locator(".desk-case");
        await shown.waitFor();
        assert.match(await shown.locator(".exhibit").first().innerText(), /^Made with this account's key, or by the Safety Authority\./);
        await shown.locator(".exhibit-words", { hasText: "you will be sorry" }).waitFor();
        await shown.getByText("They left their name out").waitFor();
        await shown.getByText("Known from your own account on that server.").first().waitFor();
        assert.equal(await shown.locator("img, video, canvas").count(), 0, "pictures never");
        assert.equal(await shown.getByText(/[\u2713\u2714\u2705]/).count(), 0);
        await fits(kim.page, "a case, small");
        await fine(kim.page, "a case");
        await kim.page.setViewportSize({ width: 1280, height: 800 });
        await kim.page.getByLabel("A note for the team").fill("I have called home.");
        await kim.page.getByRole("button", { name: "Add the note" }).click();
        await kim.page.locator(".desk-marks").getByText("I have called home.").waitFor();
        assert.match(await kim.page.locator(".desk-accounts code").innerText(), /^[0-9a-f]{64}$/);
        await kim.page.getByRole("button", { name: "The police were told first" }).click();
        await kim.page.getByText("Do nothing that the reported person could see until it is open again.").waitFor();
        assert.equal(await kim.page.locator(".desk-accounts").count(), 0, "no visible action");

        // The others: in another browser, and on the command line.
        await lee.page.getByRole("button", { name: "Look again" }).click();
        await lee.page.locator(`[data-case="${first}"]`).getByText("Police told first").waitFor();
        await lee.page.locator(`[data-case="${first}"] button`).click();
        const marks = lee.page.locator(".desk-marks");
        await marks.getByText("I have called home.").waitFor();
        await marks.getByText(new RegExp(`${kim.key.slice(0, 8)} · opened it`)).waitFor();
        const code = line(third).split(" ").at(-1);
        await evan("desk", "join", code);
        const text = await evan("desk", "show", first);
        assert.match(text, /told the police first/);
        assert.match(text, /\| I have called home\./);
        await evan("desk", "mark", first, "open");
        await lee.page.getByRole("button", { name: "Back", exact: true }).last().click();
        await lee.page.locator(`[data-case="${first}"] .desk-state`, { hasText: /^Open$/ }).waitFor();
        await lee.page.locator(`[data-case="${second}"]`).getByText("Not opened yet").waitFor();

        // The answer is read by who reported, under its number, and what was done by whom it was done to.
        await kim.page.getByRole("button", { name: "Back", exact: true }).last().click();
        await kim.page.locator(`[data-case="${first}"] .desk-state`, { hasText: /^Open$/ }).waitFor();
        await kim.page.locator(`[data-case="${first}"] button`).click();
        await kim.page.getByLabel("How it stands").selectOption("acted");
        await kim.page.getByLabel("A few words to them").fill("We spoke to him.");
        await kim.page.getByRole("button", { name: "Send the answer" }).click();
        await kim.page.locator(".desk-marks").getByText("We spoke to him.").waitFor();
        // A file is held, whatever its sender does; he is not told, and finds it deleted like any other.
        const files = kim.page.locator(".desk-files");
        await files.getByRole("button", { name: "Hold it for 180 days" }).click();
        await files.getByText(/Held until/).waitFor();
        await act(bob, "plan.txt", "Delete");
        await pick(bob, "Delete for everyone");
        await bob.page.locator("article.said", { hasText: "plan.txt" }).waitFor({ state: "detached" });
        assert.doesNotMatch(await bob.page.locator("body").innerText(), /\bheld\b|safety team/i);
        await kim.page.getByRole("button", { name: "Let it begin nothing new" }).click();
        await kim.page.getByText("It begins nothing new.").waitFor();
        await files.getByText(/Held until/).waitFor();
        await kim.page.setViewportSize({ width: 320, height: 700 });
        await fits(kim.page, "what the team does, small");
        await fine(kim.page, "what the team does");
        await kim.page.setViewportSize({ width: 1280, height: 800 });
        const asked = [];
        for (const who of [alice, bob]) {
            who.page.on("request", (request) => /Log\/Read/.test(request.url()) && asked.push([who.name, "authorization" in request.headers(), request.postDataBuffer().toString("hex")]));
        }
        await alice.page.goto(`${url}/#/reports`);
        const mine = alice.page.locator(`[data-report="${first}"]`);
        await mine.getByText("We spoke to him.").waitFor();
        await mine.getByText(/They did something because of it/).waitFor();
        await mine.getByText(/Somebody has read it/).waitFor();
        await fits(alice.page, "one's own reports");
        await fine(alice.page, "one's own reports");
        await bob.page.goto(`${url}/#/reports`);
        await bob.page.getByText("What you report to the safety team is shown here").waitFor();
        assert.equal(await bob.page.getByText("We spoke to him.").count(), 0);
        await bob.page.goto(`${url}/#/friends`);
        await bob.page.getByRole("button", { name: /link/i }).first().click();
        await bob.page.getByText("The safety team restricted your account.").first().waitFor();
        await bob.page.goto(`${url}/#/settings`);
        await bob.page.getByText("You can ask: Sam, 01632 960123").waitFor();
        assert.doesNotMatch(await bob.page.locator("body").innerText(), new RegExp(`${first}|reported you`));
        await openChat(bob);
        await say(bob, "goes on");
        await openChat(alice);
        await sees(alice, "goes on");

        // Another member lifts it, and lets the file go: he begins new things again.
        await lee.page.getByRole("button", { name: "Look again" }).click();
        await lee.page.locator(`[data-case="${first}"] button`).click();
        const done = lee.page.locator(".desk-marks").first();
        await done.getByText(/has a file held/).waitFor();
        await done.getByText(/restricted an account/).waitFor();
        await lee.page.getByRole("button", { name: "Let it begin new things again" }).click();
        await lee.page.getByText("It begins nothing new.").waitFor({ state: "detached" });
        await lee.page.getByRole("button", { name: "Let it go" }).click();
        await lee.page.getByRole("button", { name: "Hold it for 180 days" }).waitFor();
        await lee.page.getByRole("button", { name: "Back", exact: true }).last().click();
        assert.ok(await makeLink(bob, "A new friend"));
        await alice.page.goto(`${url}/#/reports`);
        // Nobody's request for answers says whose it is.
        assert.ok(asked.length >= 2 && asked.every(([, named]) => !named), JSON.stringify(asked));

        // Taken back: asked once more, then gone for the team.
        const other = alice.page.locator(`[data-report="${second}"]`);
        await other.getByRole("button", { name: "Take it back" }).click();
        await other.getByText(/This cannot be undone/).waitFor();
        await other.getByRole("button", { name: "Take it back now" }).click();
        await other.getByText("You took it back.").waitFor();
        await lee.page.getByRole("button", { name: "Look again" }).click();
        const gone = lee.page.locator(`[data-case="${second}"]`);
        await gone.getByText("Taken back").waitFor();
        await gone.locator("button").click();
        await lee.page.locator(".desk-case").getByText("Its words are gone. What the team did stays.").first().waitFor();
        assert.equal(await lee.page.locator(".desk-case").getByText("you will be sorry").count(), 0);
        await lee.page.getByRole("button", { name: "Back", exact: true }).last().click();
        await lee.page.getByText(/Reports: 2\. .*Taken back: 1\. Accounts restricted: 1\./).waitFor();

        // Still sealed, as it came: another member's program opens it, and nobody else's.
        const [download] = await Promise.all([kim.page.waitForEvent("download"), kim.page.getByRole("button", { name: "Save the sealed file" }).click()]);
        const file = join(folder, "saved.thr");
        await writeFile(file, await readFile(await download.path()));
        assert.match(await evan("verify", file), /\| you will be sorry/);
        const refused = await program(folder, "nobody")("verify", file).catch((error) => error.stderr);
        assert.match(refused, /sealed for somebody else/);

        // Closed: asked once more, for nobody of the team can undo it. Its owner is told, and whom to ask, and not who reported.
        await kim.page.getByRole("button", { name: "Close it for good" }).click();
        await kim.page.getByText("nobody of the team can undo it").waitFor();
        await fine(kim.page, "before an account is closed");
        await kim.page.getByRole("button", { name: "Leave it" }).click();
        await kim.page.getByRole("button", { name: "Close it for good" }).click();
        await kim.page.getByRole("button", { name: "Close it now" }).click();
        await kim.page.getByText("It is closed.").waitFor();
        assert.equal(await kim.page.locator(".desk-accounts button").count(), 0, "there is nothing left to be done");
        await bob.page.reload();
        await bob.page.getByText("Your account was closed.").first().waitFor();
        await bob.page.goto(`${url}/#/settings`);
        await bob.page.getByText("You can ask: Sam, 01632 960123").waitFor();
        assert.doesNotMatch(await bob.page.locator("body").innerText(), new RegExp(`${first}|reported you|try again later`, "i"));
    }));
