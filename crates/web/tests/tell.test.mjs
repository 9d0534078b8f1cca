// Telling the safety team something without an account: from the start screen and from Help, in nobody's name, and with nothing left behind.

import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { fine, fits } from "./fine.mjs";
import { act, dialog, listen, person, say, signUp, two } from "./people.mjs";
import { desk, program } from "./team.mjs";
import { held } from "./way.mjs";
import { opened, world } from "./world.mjs";

const TITLE = "Tell the safety team";
const STAFF = "It is about a member of staff";
const PEOPLE = "[lead]\nrole lead\nname Sam Example\nphone 01632 960123\n[governor]\nrole governor\nname Gail Example\nphone 01632 960124\n";
const NEVER = "Never send a private picture of someone under 18. Say in words what it shows.";

/** A browser in which nobody has an account. */
async function visitor({ browser, wrong }, options = {}) {
    const context = await browser.newContext({ locale: "en-GB", viewport: { width: 390, height: 844 }, ...options });
    listen(context, "visitor", wrong);
    return context.newPage();
}

/** Everything that a browser keeps of a page. */
const kept = (page) =>
    page.evaluate(async () => {
        const files = [];
        for await (const [name] of (await navigator.storage.getDirectory()).entries()) files.push(name);
        const databases = (await indexedDB.databases()).map(({ name }) => name);
        const caches_ = (await caches.keys()).filter((name) => !/^treehouse-(shell|people)/.test(name));
        return { files, databases, caches: caches_, local: { ...localStorage }, session: { ...sessionStorage }, cookies: document.cookie };
    });

/** A drawn screen, larger than what may leave. */
async function screen(page, path) {
    const bytes = await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(2400, 1800);
        const context = canvas.getContext("2d");
        for (let at = 0; at < 40000; at++) {
            context.fillStyle = `hsl(${(at * 37) % 360} 70% 50%)`;
            context.fillRect((at * 911) % 2393, (at * 577) % 1789, 5 + (at % 23), 4 + (at % 17));
        }
        return [...new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer())];
    });
    assert.ok(bytes.length > 100_000, `${bytes.length}`);
    await writeFile(path, Buffer.from(bytes));
}

test("somebody without an account tells the safety team, the desk reads it as unproved, and nothing stays in the browser", () =>
    world(async (given) => {
        const [cleo, dora] = await desk(given.url, given.folder);
        const page = await visitor(given);
        const appends = [];
        page.on("request", (request) => /\/v1\//.test(request.url()) && appends.push([request.url(), request.headers()]));
        await page.goto(`${given.url}/help`);
        await page.getByRole("link", { name: "Tell us something without an account" }).click();
        await page.getByRole("heading", { level: 1, name: TITLE }).waitFor();
        assert.match(await page.locator("main.guide-body > :first-child").innerText(), /In danger now\? 999/);
        await page.getByText(/It goes to the safety team of this server \(3 people\)/).waitFor();
        // Nobody outside the team is named: what is about a member of staff is not sent to it, and who else helps is said.
        await page.getByLabel(STAFF).check();
        await page.getByText("Nothing goes to the safety team while you tick this.").waitFor();
        const elsewhere = page.locator(".staff-elsewhere");
        await elsewhere.getByText("Your local council's children's services.").waitFor();
        await elsewhere.getByText("Gail Example").waitFor();
        assert.equal(await elsewhere.getByText("Sam Example").count(), 0, "who is of the team is not outside it");
        await elsewhere.locator('[data-entry="gb-nspcc"] [href="tel:08088005000"]').waitFor();
        assert.ok(await page.getByRole("button", { name: "Send", exact: true }).isDisabled());
        await fits(page, "telling about a member of staff");
        await fine(page, "telling about a member of staff");
        await page.getByLabel(STAFF).uncheck();
        await page.getByText(/It goes to the safety team of this server \(3 people\)/).waitFor();
        await fits(page, "telling");
        await fine(page, "telling");
        // What must never be sent is said before what can be chosen.
        const never = await page.getByText(NEVER).boundingBox();
        assert.ok(never.y < (await page.locator(".tell-choose").boundingBox()).y);

        // By keys alone, to the last button.
        await page.getByRole("radio", { name: "I am worried about a friend" }).focus();
        await page.keyboard.press("Space");
        // Past the tick for what is about a member of staff.
        await page.keyboard.press("Tab");
        await page.keyboard.press("Tab");
        await page.keyboard.type("My pupil says that somebody writes to her every night.\nTreehouse name: night.owl");
        await page.keyboard.press("Tab");
        assert.equal(await page.evaluate(() => document.activeElement.id), "tell-pictures");
        await screen(page, join(given.folder, "screen.png"));
        await writeFile(join(given.folder, "not.png"), "<svg onload=x>");
        const files = ["screen.png", "not.png", "screen.png", "screen.png", "screen.png"].map((name) => join(given.folder, name));
        await page.locator("#tell-pictures").setInputFiles(files);
        await page.getByText("This is no picture that can be sent from here.").waitFor();
        await page.locator(".tell-picture").nth(2).waitFor();
        assert.equal(await page.locator(".tell-picture").count(), 3, "three at most");
        await page.getByRole("button", { name: "Remove Picture 3" }).click();
        await page.locator("#tell-pictures").setInputFiles(files.slice(2));
        await page.getByText("Only 3 pictures can go with it. The others are left out.").waitFor();
        assert.equal(await page.locator(".tell-picture").count(), 3, "three at most");
        await page.getByRole("button", { name: "Remove Picture 2" }).click();
        await page.getByLabel("How can they reach you?").focus();
        await page.keyboard.type("the school office");
        await page.keyboard.press("Tab");
        await page.keyboard.press("Enter");
        const said = await page.getByText(/Report number /).innerText();
        const number = said.replace("Report number ", "").trim();
        await page.getByText("Somebody looks at it within 24 hours.").waitFor();
        await fine(page, "told");
        assert.ok(appends.some(([url]) => url.endsWith("/v1/Log/Append")));
        for (const [url, headers] of appends) {
            assert.ok(!("authorization" in headers) && !("cookie" in headers), url);
        }
        const left = await kept(page);
        assert.deepEqual([left.files, left.databases, left.caches, left.session, left.cookies], [[], [], [], {}, ""]);
        assert.doesNotMatch(JSON.stringify(left.local), /night|pupil|office/);

        const rows = (await cleo("desk", "--json")).trim().split("\n").map((line) => JSON.parse(line));
        assert.deepEqual(rows.map((row) => [row.report, row.holds, row.provable, row.reason]), [[number, false, false, "friend"]]);
        const shown = await cleo("desk", "show", number);
        assert.match(shown, /^Nothing in this is proved\./);
        for (const part of ["| My pupil says that somebody writes to her every night.", "| the school office", "2 pictures came with it", "Worried about a friend"]) {
            assert.ok(shown.includes(part), `${part}: ${shown}`);
        }
        assert.doesNotMatch(shown, /Made with this account's key|checks? hold/);

        // The sealed file opens for a member, is no proof, and only the two halves open its pictures.
        const [file, pictures] = [join(given.folder, "told.thr"), join(given.folder, "pictures")];
        await dora("desk", "save", number, file);
        const failed = await dora("verify", file).catch((error) => error);
        assert.equal(failed.code, 1);
        assert.match(failed.stdout, /^Nothing in this is proved\./);
        const halves = ["half-1.txt", "half-2.txt"].map((name) => join(given.folder, "halves", name));
        const half = await dora("verify", file, "--reference", "CR 1234/27", "--halves", halves[0], halves[0], "--pictures", pictures).catch((error) => error);
        assert.match(half.stderr, /halves do not open/);
        await dora("verify", file, "--reference", "CR 1234/27", "--halves", ...halves, "--pictures", pictures).catch((error) => error);
        const found = (await readdir(pictures)).filter((name) => name !== "custody.txt");
        assert.equal(found.length, 1, "the same screen twice is one file");
        const jpeg = await readFile(join(pictures, found[0]));
        assert.ok(jpeg.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])) && jpeg.length <= 64 * 1024, `${jpeg.length}`);

        await page.getByRole("button", { name: "Done" }).click();
        await page.getByRole("button", { name: "Create account" }).waitFor();
        assert.equal(new URL(page.url()).pathname, "/");
    }, { people: PEOPLE }));

test("where there is no safety team that is said plainly, Help is one tap away, and one tap or Escape twice leaves", () =>
    world(async (given) => {
        const page = await visitor(given);
        await page.goto(given.url);
        await opened(page);
        await fits(page, "the start");
        await page.getByRole("link", { name: "Tell us something without an account" }).click();
        await page.getByText("This server has no safety team, so nothing can be sent from here.").waitFor();
        await fits(page, "telling nobody");
        await page.locator(".tell main").getByRole("button", { name: "Help" }).click();
        await page.getByRole("heading", { level: 1, name: "Help", exact: true }).waitFor();
        // The way there from Help in the page loads nothing anew.
        await page.getByRole("link", { name: "Tell us something without an account" }).click();
        await page.getByRole("heading", { level: 1, name: TITLE }).waitFor();
        assert.equal(new URL(page.url()).pathname, "/");
        await page.route("https://www.bbc.co.uk/**", (route) => route.fulfill({ contentType: "text/html", body: "<title>Weather</title><h1>Weather</h1>" }));
        await page.keyboard.press("Escape");
        await page.keyboard.press("Escape");
        await page.waitForURL("https://www.bbc.co.uk/weather");
    }));

test("what is about a member of staff goes past the team, where somebody outside of it is named", () =>
    world(async (given) => {
        const outside = "The chair of governors";
        const lead = "Ms Example";
        const [cleo, , , olga, lena] = await desk(given.url, given.folder, { outside, lead });
        const page = await visitor(given);
        await page.goto(`${given.url}/report`);
        await page.getByText(/It goes to the safety team of this server \(3 people\)/).waitFor();
        await page.getByLabel(STAFF).check();
        await page.getByText(`It goes to ${outside} alone, and to nobody in the safety team.`).waitFor();
        await page.getByLabel("Say it in your own words").fill("A coach shouts at the little ones.");
        await page.getByRole("button", { name: "Send", exact: true }).click();
        const numbers = [(await page.getByText(/Report number /).innerText()).replace("Report number ", "").trim()];

        // The same from a message.
        const [alice, bob] = await two(given);
        await alice.page.reload();
        await alice.page.locator(".composer textarea").waitFor();
        await say(bob, "you will be sorry");
        await act(alice, "you will be sorry", "Report");
        await dialog(alice).getByRole("button", { name: "Someone is being mean or threatening" }).click();
        await dialog(alice).getByText(/It goes to the safety team of this server/).waitFor();
        await dialog(alice).getByLabel(STAFF).check();
        await dialog(alice).getByText(`It goes to ${outside} alone`).waitFor();
        await dialog(alice).locator(".report-message").first().waitFor();
        await dialog(alice).getByRole("button", { name: "Send", exact: true }).click();
        numbers.push((await dialog(alice).getByText(/Report number /).innerText()).replace("Report number ", "").trim());
        await dialog(alice).getByRole("button", { name: "Done" }).click();

        // The safeguarding lead stands among those whom it can go to, and is named; of somebody of the school a child is asked less.
        await act(alice, "you will be sorry", "Report");
        await dialog(alice).getByRole("button", { name: "Someone is being mean or threatening" }).click();
        await dialog(alice).getByText("Change", { exact: true }).click();
        await dialog(alice).getByLabel("Who gets it?").selectOption({ label: `${lead}, safeguarding lead` });
        await dialog(alice).getByText(`It goes to ${lead} alone, and to nobody in the safety team.`).waitFor();
        await dialog(alice).getByText("They see your name.").waitFor();
        await dialog(alice).locator(".report-message").first().waitFor();
        await dialog(alice).getByRole("button", { name: "Send", exact: true }).click();
        const led = (await dialog(alice).getByText(/Report number /).innerText()).replace("Report number ", "").trim();
        await dialog(alice).getByRole("button", { name: "Done" }).click();

        const listed = async (member) => (await member("desk", "--json")).trim().split("\n").filter(Boolean).map((row) => JSON.parse(row).report);
        assert.deepEqual((await listed(olga)).sort(), numbers.sort());
        assert.deepEqual((await listed(cleo)).filter((number) => [...numbers, led].includes(number)), []);
        assert.deepEqual(await listed(lena), [led]);
        assert.match(await lena("desk", "show", led), /This was given to you alone/);
        assert.match(await olga("desk", "show", numbers[0]), /This was given to you alone/);
    }));

test("what was told when the tab with the core was closed is told once, and its number and code are shown", () =>
    world(async (given) => {
        const [cleo] = await desk(given.url, given.folder);
        const way = await held(given.url);
        const first = await visitor(given);
        const telling = "Say it in your own words";
        await first.goto(`${way.url}/report`);
        // It is offered once the core of this tab has asked who is in the team.
        await first.getByText(/It goes to the safety team of this server/).waitFor();
        const second = await first.context().newPage();
        await second.goto(`${way.url}/report`);
        await second.getByLabel(telling).fill("A pupil of mine is being left out on purpose.");
        const reports = async () => (await cleo("desk", "--json")).split("\n").filter(Boolean).map((line) => JSON.parse(line).report);

        // The server has it, and is not heard saying so.
        way.holdAt(/POST \/v1\/Log\/Append/);
        await second.getByRole("button", { name: "Send", exact: true }).click();
        let there = [];
        while (there.length === 0) there = await reports();
        assert.equal(await second.getByText(/Report number /).count(), 0);
        await first.close({ runBeforeUnload: false });
        way.letGo();
        const number = (await second.getByText(/Report number /).innerText()).replace("Report number ", "").trim();
        assert.match(await second.locator(".tell-code").innerText(), /^([0-9A-Z]{5}-){4}[0-9A-Z]{5}$/);
        assert.deepEqual([there, await reports()], [[number], [number]]);
    }));

test("with an account in the browser it is told in nobody's name as well", () =>
    world(async (given) => {
        const [cleo] = await desk(given.url, given.folder);
        const alice = await person(given.browser, given.url, "Alice", given);
        await signUp(alice);
        const { page } = alice;
        let named = false;
        page.on("request", (request) => /Log\/Append|safety/.test(request.url()) && "authorization" in request.headers() && (named = true));
        await page.goto(`${given.url}/report`);
        await page.getByLabel("Say it in your own words").fill("A friend of mine is being left out on purpose.");
        await page.getByRole("button", { name: "Send", exact: true }).click();
        await page.getByText(/Report number /).waitFor();
        assert.ok(!named);
        const shown = await cleo("desk", "--json");
        const { report } = JSON.parse(shown.trim());
        const text = await cleo("desk", "show", report);
        assert.match(text, /\| A friend of mine is being left out on purpose\./);
        const account = JSON.parse(await program(given.folder, "cleo")("whoami", "--json")).account;
        assert.doesNotMatch(text.replaceAll(account, ""), /[0-9a-f]{64}.*account|Alice|alice/);
    }));

test("who told something without an account comes back with a code, reads the answer and takes it back", () =>
    world(async (given) => {
        const [cleo] = await desk(given.url, given.folder);
        const page = await visitor(given);
        const asked = [];
        page.on("request", (request) => /\/v1\//.test(request.url()) && asked.push([request.url(), request.headers()]));
        await page.goto(`${given.url}/report`);
        await page.getByLabel("Say it in your own words").fill("A pupil of mine is being left out on purpose.");
        await page.getByRole("button", { name: "Send", exact: true }).click();
        const number = (await page.getByText(/Report number /).innerText()).replace("Report number ", "").trim();
        const code = await page.locator(".tell-code").innerText();
        assert.match(code, /^([0-9A-Z]{5}-){4}[0-9A-Z]{5}$/);
        await fits(page, "the code");
        await fine(page, "the code");
        await cleo("desk", "show", number);
        await cleo("desk", "answer", number, "looking", "We sit down with them on Friday.");

        // Another browser, later: with the code alone.
        const later = await visitor(given);
        later.on("request", (request) => /\/v1\//.test(request.url()) && asked.push([request.url(), request.headers()]));
        await later.goto(`${given.url}/report`);
        const form = later.locator(".own-code");
        await form.getByLabel("Your code").fill("ABCDE");
        await form.getByRole("button", { name: "Look for an answer" }).click();
        await form.getByText("This is no code of a report.").waitFor();
        await form.getByLabel("Your code").fill(code.toLowerCase().replaceAll("-", " "));
        await form.getByRole("button", { name: "Look for an answer" }).click();
        const mine = later.locator(`[data-report="${number}"]`);
        await mine.getByText("We sit down with them on Friday.").waitFor();
        await fits(later, "the answer");
        await fine(later, "the answer");
        await mine.getByRole("button", { name: "Take it back" }).click();
        await mine.getByRole("button", { name: "Take it back now" }).click();
        await mine.getByText("You took it back.").waitFor();
        const [row] = (await cleo("desk", "--json")).trim().split("\n").map((line) => JSON.parse(line));
        assert.deepEqual([row.report, row.state], [number, "taken_back"]);
        assert.doesNotMatch(await cleo("desk", "show", number), /left out on purpose|Friday/);
        await later.getByRole("button", { name: "Look again" }).click();
        await mine.getByText(/It was taken back\. Its words are deleted/).waitFor();
        for (const [url, headers] of asked) {
            assert.ok(!("authorization" in headers) && !("cookie" in headers), url);
        }
        const left = await kept(later);
        assert.deepEqual([left.files, left.databases, left.caches, left.session, left.cookies], [[], [], [], {}, ""]);
    }));
