// The page that checks reports: one file, from the disk, with no network, and word for word what the program says.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { fine, fits } from "./fine.mjs";
import { act, dialog, say, two } from "./people.mjs";
import { PROGRAM, launch, world } from "./world.mjs";

const run = promisify(execFile);
const PAGE = new URL("../../../target/page/verify.html", import.meta.url);
const FORGERIES = JSON.parse(await readFile(new URL("../../../vectors/forgeries.json", import.meta.url), "utf8"));

// Of each there is a file; who it is not sealed to has one of their own.
const DESIGN = [
    "honest",
    "altered_word",
    "swapped_sender",
    "other_conversation",
    "moved_time",
    "reordered",
    "replayed",
    "missing_gap",
    "reporter_and_server_cannot_fabricate",
    "authority_can_simulate",
    "a_sender_cannot_make_a_shown_but_unreportable_message",
    "image_key_in_compartment_a",
    "two_plaintext_attachment",
];

/** The page from the disk, in a browser that has no network. Whatever it asks for is a fault. */
async function fromDisk(path, use) {
    const browser = await launch();
    const asked = [];
    try {
        const context = await browser.newContext({ timezoneId: "Europe/Berlin", acceptDownloads: false });
        await context.setOffline(true);
        const page = await context.newPage();
        page.on("request", (request) => request.url() !== pathToFileURL(path).href && asked.push(request.url()));
        for (const event of ["console", "pageerror"]) {
            page.on(event, (said) => asked.push(typeof said.text === "function" ? said.text() : String(said)));
        }
        await page.goto(pathToFileURL(path).href);
        await page.getByText("Ready. Nothing leaves this page.").waitFor();
        await use(page, asked);
        assert.deepEqual(asked, []);
    } finally {
        await browser.close();
    }
}

/** A folder that is gone afterwards. */
async function folder(use) {
    const path = await mkdtemp(join(tmpdir(), "treehouse-verify-"));
    try {
        await use(path);
    } finally {
        await rm(path, { recursive: true, force: true });
    }
}

async function check(page, file, passphrase) {
    await page.getByLabel("The report, a file that ends in .thr").setInputFiles(file);
    await page.getByLabel("The passphrase that came with it").fill(passphrase);
    await page.getByRole("button", { name: "Check" }).click();
    await page.locator("#state").getByText(/^(Checked|Not checked)/).waitFor();
}

/** What the program says, on a machine where nobody has an account. */
async function program(path, file, words, ...more) {
    await writeFile(join(path, "words"), `${words}\n`);
    const options = { env: { HOME: path, TZ: "Europe/Berlin", PATH: process.env.PATH } };
    const arguments_ = ["verify", file, "--passphrase-file", join(path, "words"), ...more];
    return run(PROGRAM, arguments_, options).then(({ stdout }) => ({ code: 0, stdout }), ({ code, stdout, stderr }) => ({ code, stdout, stderr }));
}

/** Words alone: how they are laid out is each one's own. */
const words = (text) => text.replace(/^ {4}\| ?/gm, "").split(/\s+/).filter(Boolean).join(" ");

test("every forgery by its name is found by the program and by the page, and both say the same", (t) =>
    folder(async (path) => {
        const halves = await Promise.all(
            FORGERIES.halves.map(async (half, place) => {
                const file = join(path, `half-${place}`);
                await writeFile(file, half);
                return file;
            }),
        );
        const exhibits = {};
        await fromDisk(PAGE.pathname, async (page) => {
            for (const { name, wrong, halves_open, file } of FORGERIES.files) {
                await t.test(name, async () => {
                    const sealed = join(path, `${name}.thr`);
                    await writeFile(sealed, Buffer.from(file, "hex"));
                    const said = await program(path, sealed, FORGERIES.passphrase);
                    await check(page, sealed, FORGERIES.passphrase);
                    const shown = await page.locator("#exhibit").innerText();
                    exhibits[name] = shown;
                    assert.equal(words(shown), words(said.stdout));
                    assert.equal(said.code, wrong.length ? 1 : 0);
                    const state = wrong.length ? "Checked: it does not hold, or proves nothing." : "Checked: read what it says below.";
                    assert.equal(await page.locator("#state").innerText(), state);
                    for (const what of wrong) {
                        assert.ok(shown.includes(what), `${what}: ${shown}`);
                    }
                    const first = /^Made with this account's key, or by the Safety Authority\./;
                    wrong.length ? assert.doesNotMatch(shown, first) : assert.match(shown, first);
                    if (halves_open !== null) {
                        // The page knows nothing of halves; to the program the key that its sender did not commit to is none.
                        const opened = await program(path, sealed, FORGERIES.passphrase, "--reference", "CR 1234/27", "--halves", ...halves);
                        assert.equal(opened.code, halves_open ? 0 : 1);
                        assert.match(halves_open ? opened.stdout : opened.stderr, halves_open ? /compartment B was opened and has 1/ : /halves do not open/);
                    }
                });
            }
            await t.test("what the Authority could have made is not told from what was said", () => {
                const [said, never] = ["proved_for_the_authority_of_the_tests", "authority_can_simulate"].map((name) => exhibits[name].replace(/[0-9a-f]{16,}/g, "#"));
                assert.ok(said.length > 500);
                assert.equal(never, said);
            });
            await t.test("of a sender's lies nothing is shown, and what is no lie is", () => {
                const shown = exhibits.a_sender_cannot_make_a_shown_but_unreportable_message;
                assert.equal(shown.match(/As it should be/g).length, 2);
                assert.equal(shown.match(/its proof does not hold, so nothing of it is shown/g).length, 7);
            });
            await t.test("wrong_addressee", async () => {
                const sealed = join(path, "wrong_addressee.thr");
                await writeFile(sealed, Buffer.from(FORGERIES.wrong_addressee, "hex"));
                const said = await program(path, sealed, FORGERIES.passphrase);
                assert.deepEqual([said.code, said.stdout], [1, ""]);
                assert.match(said.stderr, /sealed for somebody else/);
                await check(page, sealed, FORGERIES.passphrase);
                assert.match(await page.locator("#problem").innerText(), /sealed for somebody else/);
                assert.equal(await page.locator("#exhibit").innerText(), "");
            });
            // Each attack of the design has its file, and so has a report that holds.
            for (const name of DESIGN) {
                assert.ok(exhibits[name], name);
            }
        });
    }));

test("changed bytes, other words and other files are refused, and nothing of the file before stays", () =>
    folder(async (path) => {
        await fromDisk(PAGE.pathname, async (page) => {
            const honest = Buffer.from(FORGERIES.files.find(({ name }) => name === "honest").file, "hex");
            const file = join(path, "honest.thr");
            let count = 0;
            await writeFile(file, honest);
            await check(page, file, FORGERIES.passphrase);
            await page.locator("#exhibit").getByText("See you at five").waitFor();
            const refused = async (bytes, passphrase, why) => {
                // A file that changes while it is chosen is one that the browser does not read any more.
                const other = join(path, `${++count}.thr`);
                await writeFile(other, bytes);
                await check(page, other, passphrase);
                assert.match(await page.locator("#problem").innerText(), why);
                assert.equal(await page.locator("#exhibit").innerText(), "");
            };
            await refused(honest, "another passphrase altogether", /sealed for somebody else/);
            await refused(honest, "short", /too short/);
            await refused(Buffer.from("hello"), FORGERIES.passphrase, /This is not a report/);
            for (const at of [honest.length - 1, honest.length >> 1, 140]) {
                const changed = Buffer.from(honest);
                changed[at] ^= 1;
                await refused(changed, FORGERIES.passphrase, /not as it was sealed|sealed for somebody else/);
            }
        });
    }));

test("words of a sender that are markup stay words, by keys alone, and its print has the exhibit and nothing else", () =>
    folder(async (path) => {
        await fromDisk(PAGE.pathname, async (page, asked) => {
            const file = join(path, "honest.thr");
            await writeFile(file, Buffer.from(FORGERIES.files.find(({ name }) => name === "honest").file, "hex"));
            await fine(page, "the checking page");
            await page.getByLabel("The report, a file that ends in .thr").setInputFiles(file);
            await page.getByLabel("The report, a file that ends in .thr").focus();
            await page.keyboard.press("Tab");
            await page.keyboard.type(FORGERIES.passphrase);
            await page.keyboard.press("Enter");
            await page.getByText("Checked: read what it says below.").waitFor();
            assert.equal(await page.evaluate(() => document.activeElement.id), "exhibit");
            await fine(page, "what came of checking");
            await page.setViewportSize({ width: 320, height: 640 });
            await fits(page, "the checking page, small");
            const text = await page.locator("#exhibit").innerText();
            for (const part of ["SHA-256 of file", "UTC (", "+01:00 here)", "What is missing", "Known from this file only: not verified.", "To check this again"]) {
                assert.ok(text.includes(part), part);
            }
            assert.equal(await page.locator("#exhibit").locator("img, a, button, script").count(), 0);
            await page.emulateMedia({ media: "print" });
            assert.ok(!(await page.locator("form").isVisible()) && !(await page.getByRole("button", { name: "Print this" }).isVisible()));
            assert.ok(await page.locator("#exhibit").isVisible());
            await page.emulateMedia({ media: "screen" });
            assert.deepEqual(asked, []);
            // Its own policy lets in no script, no picture and no request, whoever asks.
            const tried = await page.evaluate(async () => {
                const refused = [];
                document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
                await fetch("https://example.org/").catch(() => {});
                document.body.append(Object.assign(document.createElement("img"), { src: "https://example.org/a.png" }));
                try {
                    document.body.innerHTML = "<p>";
                } catch {
                    refused.push("trusted types");
                }
                await new Promise((resolve) => setTimeout(resolve, 200));
                return refused;
            });
            for (const kind of ["connect-src", "img-src", "trusted types"]) {
                assert.ok(tried.includes(kind), `${kind}: ${tried}`);
            }
            // Of what was asked for here on purpose the browser says that it was refused.
            asked.length = 0;
        });
    }));

test("from a report in the page to its check on another machine: the page is saved from the server and opened from the disk", () =>
    folder((path) =>
        world(async (given) => {
            const [alice, bob] = await two(given);
            await say(bob, "send me <b onclick=x>a picture</b> of you");
            await act(alice, "send me", "Report");
            await dialog(alice).getByRole("button", { name: "Private pictures" }).click();
            await dialog(alice).getByText("It goes into a file that only a passphrase opens.").waitFor();
            await dialog(alice).getByRole("button", { name: "Make the file" }).click();
            const passphrase = await dialog(alice).locator(".report-passphrase").innerText();
            const saved = async (press, name) => {
                const [download] = await Promise.all([alice.page.waitForEvent("download"), press()]);
                await writeFile(join(path, name), await readFile(await download.path()));
                return join(path, name);
            };
            const file = await saved(() => dialog(alice).getByRole("button", { name: "Save the file" }).click(), "report.thr");
            const html = await saved(() => dialog(alice).getByRole("link", { name: "Save the page that checks it" }).click(), "verify.html");
            assert.deepEqual(await readFile(html), await readFile(PAGE));
            await fromDisk(html, async (page) => {
                await check(page, file, passphrase);
                await page.locator("#exhibit .words").getByText("send me <b onclick=x>a picture</b> of you").waitFor();
                assert.equal(await page.locator("#exhibit b").count(), 0);
                assert.equal(words(await page.locator("#exhibit").innerText()), words((await program(path, file, passphrase)).stdout));
            });
        })));
