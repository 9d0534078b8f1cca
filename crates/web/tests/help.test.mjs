// Help: from a chat in two taps, without an account, without a network, left at once. And what it says comes in the order of need.

import assert from "node:assert/strict";
import test from "node:test";
import { openChat, person, say, sees, signUp, two } from "./people.mjs";
import { fresh, world } from "./world.mjs";

const PEOPLE = `[lead]
role lead
name Sam Example
about Room 12, beside the library
phone 01632 960123

[governor]
role governor
name Kim Example
web https://school.example/governor
`;
const WEATHER = "https://www.bbc.co.uk/weather";

const help = (page) => page.getByRole("heading", { level: 1, name: "Help", exact: true });

/** Where a quick exit leads is not asked for in a test. */
const neutral = (context) => context.route(`${WEATHER}**`, (route) => route.fulfill({ contentType: "text/html", body: "<title>Weather</title><h1>Weather</h1>" }));

/** Nothing that goes out from now on is missed. */
function requests(page) {
    const seen = [];
    // The browser itself looks for the icon of the page again when the address changes.
    page.on("request", (request) => /\/assets\/icon-/.test(request.url()) || seen.push(request.url()));
    return seen;
}

test("from a chat it takes two taps, nothing is asked of anybody, and one is back where one was", () =>
    world(
        async (given) => {
            const [alice, bob] = await two(given, { locale: "en-GB" });
            await say(bob, "hello");
            await sees(alice, "hello");
            const { page } = alice;
            await page.locator(".composer textarea").fill("half said");
            const asked = requests(page);
            await page.locator(".chat-head").getByRole("button", { name: "More" }).click();
            await page.locator(".place").getByRole("button", { name: "Help" }).last().click();
            await help(page).waitFor();
            // Nothing of Help is in the title; what was read is counted no more in a moment.
            await page.waitForFunction(() => document.title === "Treehouse");
            assert.doesNotMatch(page.url(), /help/);
            // What the server's operator wrote comes first under Talk.
            const talk = page.getByRole("region", { name: "Talk to someone" }).locator("h3");
            assert.deepEqual((await talk.allInnerTexts()).slice(0, 3), ["Sam Example", "Kim Example", "Childline"]);
            assert.equal(await page.locator('a[href="tel:01632960123"]').count(), 1);
            for (const guide of ["Three talks", "For families", "Which apps", "What grooming", "When someone wants"]) {
                await page.getByRole("link", { name: guide }).click();
                await page.getByRole("heading", { level: 1, name: guide }).waitFor();
                await page.getByRole("button", { name: "Back" }).last().click();
                await help(page).waitFor();
            }
            await page.getByRole("button", { name: "Back" }).last().click();
            await page.getByRole("button", { name: "Back" }).first().waitFor();
            assert.equal(await help(page).count(), 0);
            assert.deepEqual(asked, []);
            await openChat(alice);
            assert.equal(await page.locator(".composer textarea").inputValue(), "half said");
        },
        { people: PEOPLE },
    ));

test("everywhere in the app it is at most two taps away", () =>
    world(async (given) => {
        const [alice] = await two(given, { size: { width: 320, height: 640 } });
        const { page, url } = alice;
        const places = ["", "chat/1", "chat/1/details", "friends", "group", "settings", "safe", "kept", "reports"].map((place) => `#/${place}`);
        for (const address of [...places, "desk"]) {
            await page.goto(`${url}/${address}`);
            await page.locator(".home").waitFor();
            const buttons = page.getByRole("button", { name: "Help", exact: true });
            const there = async () => {
                for (const button of await buttons.all()) {
                    if (await button.isVisible()) return button;
                }
            };
            let button = await there();
            if (!button) {
                // On a small screen the name of the chat is the way to its details.
                await page.locator(".chat-head .chat-title").click();
                await buttons.last().waitFor();
                button = await there();
            }
            await button.click();
            await help(page).waitFor();
        }
        // Where there is no account: while one is made, and while one is brought back.
        const newcomer = await (await fresh(given)).newPage();
        await newcomer.goto(url);
        await newcomer.getByRole("button", { name: "Create account" }).waitFor();
        await newcomer.getByRole("button", { name: "Help", exact: true }).click();
        await help(newcomer).waitFor();
        await newcomer.getByRole("button", { name: "Back" }).last().click();
        await newcomer.getByRole("button", { name: "I already have an account" }).click();
        await newcomer.getByLabel("Your 12 words").waitFor();
        await newcomer.getByRole("button", { name: "Help", exact: true }).click();
        await help(newcomer).waitFor();
    }));

test("by its address it needs no account, starts no core, and works without a network", () =>
    world(
        async (given) => {
            const { url } = given;
            const context = await fresh(given);
            const page = await context.newPage();
            await page.goto(`${url}/help`);
            await help(page).waitFor();
            await page.getByText("Sam Example").waitFor();
            assert.deepEqual(page.workers().map((worker) => worker.url()).filter((worker) => worker.includes("/assets/core-")), []);
            await page.evaluate(() => navigator.serviceWorker.ready);
            await page.reload();
            await context.setOffline(true);
            for (const [path, title] of [
                ["help", "Help"],
                ["talk", "Three talks for people who work with children"],
                ["families", "For families"],
                ["know/apps", "Which apps are encrypted?"],
                ["know/signs", "What grooming can look like"],
                ["know/moving", "When someone wants to move you to a private app"],
            ]) {
                await page.goto(`${url}/${path}`);
                await page.getByRole("heading", { level: 1, name: title }).waitFor();
            }
            await page.goto(`${url}/help`);
            await page.getByText("Sam Example").waitFor();
            await context.setOffline(false);
        },
        { people: PEOPLE },
    ));

test("it stands where there is no account yet and where the core cannot start", () =>
    world(async (given) => {
        const { url, browser } = given;
        const page = await (await fresh(given)).newPage();
        await page.goto(url);
        await page.getByRole("button", { name: "Create account" }).waitFor();
        await page.getByRole("button", { name: "Help" }).click();
        await help(page).waitFor();
        // The core does not come.
        const poor = await browser.newContext();
        await poor.route("**/assets/core-*", (route) => route.abort());
        const other = await poor.newPage();
        await other.goto(url);
        await other.getByRole("button", { name: "Help" }).click();
        await help(other).waitFor();
        await poor.close();
    }));

test("it is left by one tap or by Escape twice, for a page that says nothing, and no way leads back to it", () =>
    world(async ({ url, browser, wrong }) => {
        const alice = await person(browser, url, "Alice", { wrong });
        await neutral(alice.context);
        await signUp(alice);
        const { page } = alice;
        const tap = () => page.getByRole("button", { name: "Leave now" }).click();
        const keys = async () => {
            await page.keyboard.press("Escape");
            await help(page).waitFor();
            await page.keyboard.press("Escape");
        };
        for (const leave of [tap, keys]) {
            await page.goto(`${url}/#/settings`);
            await page.getByRole("button", { name: "Help" }).first().click();
            await help(page).waitFor();
            await page.getByRole("link", { name: "For families" }).click();
            await page.getByRole("button", { name: "Back" }).last().click();
            await help(page).waitFor();
            await leave();
            await page.getByRole("heading", { name: "Weather" }).waitFor();
            assert.equal(page.url(), WEATHER);
            for (let steps = 0; steps < 3; steps++) {
                await page.goBack({ waitUntil: "commit" }).catch(() => {});
                assert.doesNotMatch(page.url(), /help|families|talk|know/);
                assert.equal(await page.getByRole("heading", { name: "In danger now?" }).count(), 0);
            }
        }
        // By its address: nothing of it was there before, and nothing is there after.
        const unused = await alice.context.newPage();
        await unused.goto(`${url}/help`);
        await help(unused).waitFor();
        await unused.getByRole("button", { name: "Leave now" }).click();
        await unused.getByRole("heading", { name: "Weather" }).waitFor();
        await unused.goBack({ waitUntil: "commit" }).catch(() => {});
        assert.doesNotMatch(unused.url(), /help/);
    }));

test("what it says comes in the order of need, by the region that one chooses, and nothing that nobody has read", () =>
    world(async ({ url, browser, wrong }) => {
        const { page } = await person(browser, `${url}/help`, "Somebody", { wrong, locale: "en-GB" });
        await help(page).waitFor();
        const headings = await page.locator(".guide-body h2").allInnerTexts();
        assert.deepEqual(headings.slice(0, 8), [
            "In danger now?",
            "Talk to someone",
            "Someone threatens you with a picture",
            "Tell the police or a hotline",
            "Tell the safety team",
            "A private picture",
            "Pictures of your screen",
            "For adults",
        ]);
        assert.match(await page.locator('[data-entry="gb-ceop"]').innerText(), /Not for bullying, fake accounts or hacking/);
        await page.getByText("may show in the list of calls").waitFor();
        // First that it is no fault, then whom to talk to, then what to do.
        const card = page.getByRole("region", { name: "Someone threatens you with a picture" });
        const said = await card.innerText();
        const order = ["This is not your fault", "Talk to someone now", "0800 1111", "85258", "999", "Stop replying", "Do not pay", "Keep", "Block"];
        const places = order.map((words) => said.indexOf(words));
        assert.ok(places.every((place, at) => place >= 0 && (at === 0 || place > places[at - 1])), `${order} at ${places}`);
        // From memory alone: not shown.
        for (const unread of ["gb-posh", "gb-internetmatters", "ww-findahelpline"]) {
            assert.equal(await page.locator(`[data-entry="${unread}"]`).count(), 0, unread);
        }
        assert.equal(await page.getByText("07860").count(), 0);
        await page.getByLabel("Where are you?").selectOption("US");
        await page.locator('a[href="tel:911"]').first().waitFor();
        assert.equal(await page.getByText("Childline").count(), 0);
        await page.reload();
        await page.locator('a[href="tel:911"]').first().waitFor();
        await page.emulateMedia({ media: "print" });
        assert.equal(await page.getByRole("button", { name: "Leave now" }).isVisible(), false);
        // A language that tells no country which is listed sends nobody to the number of another one.
        for (const [locale, region] of [["de-DE", "EU"], ["fr-FR", "EU"], ["en-IN", ""]]) {
            const other = await person(browser, `${url}/help`, locale, { wrong, locale });
            const numbers = other.page.locator(".danger-card a[href^='tel:']");
            await numbers.first().waitFor();
            assert.deepEqual(await numbers.evaluateAll((all) => all.map((one) => one.getAttribute("href"))), ["tel:112"], locale);
            assert.equal(await other.page.locator("#region").inputValue(), region, locale);
            if (region === "") {
                await other.page.getByText("We do not know your country.").waitFor();
                await other.page.locator("#region").selectOption("AU");
                await other.page.locator('.danger-card a[href="tel:000"]').waitFor();
            }
            await other.context.close();
        }
    }));

test("a new contact is asked about once, and who knows them from elsewhere is told to be careful", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        const question = (who, name) => who.page.getByRole("region", { name: `How do you know ${name}` });
        await question(alice, "Bob").or(question(alice, "bob")).first().waitFor();
        await alice.page.getByRole("button", { name: "A game or another app" }).click();
        await alice.page.getByText("You can stop any time.").waitFor();
        await alice.page.getByRole("button", { name: "OK, got it" }).last().click();
        await alice.page.reload();
        await openChat(alice);
        await say(alice, "hello");
        await sees(bob, "hello");
        assert.equal(await alice.page.getByText("How do you know").count(), 0);
        await bob.page.getByRole("button", { name: "Real life" }).click();
        await bob.page.getByText("How do you know").waitFor({ state: "detached" });
        assert.equal(await bob.page.getByText("You can stop any time.").count(), 0);
    }));
