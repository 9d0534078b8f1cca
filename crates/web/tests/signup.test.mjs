// From the address to an account as a person does it who types slowly and looks at each screen.

import assert from "node:assert/strict";
import test from "node:test";
import { listen } from "./people.mjs";
import { fresh, world } from "./world.mjs";

const A_KEY = 200;
const A_SCREEN = 1000;

test("a person who takes 200 ms a key and a second a screen has an account in 30 seconds, with two fields and four taps at most", () =>
    world(async (given) => {
        const { url } = given;
        const context = await fresh(given);
        const page = await context.newPage();
        const began = performance.now();
        let [taps, fields] = [0, 0];
        const tap = async (what) => {
            await what.click();
            taps++;
        };
        const type = async (field, words) => {
            await tap(field);
            await field.pressSequentially(words, { delay: A_KEY });
            fields++;
        };
        await page.goto(url);
        await page.getByRole("button", { name: "Create account" }).waitFor();
        await page.waitForTimeout(A_SCREEN);
        await type(page.getByLabel("Your name"), "Alexandra Summers");
        assert.match(await page.getByLabel("Username").inputValue(), /^alexandrasummers[0-9]{3}$/, "a username is there without a key");
        await tap(page.getByRole("button", { name: "Create account" }));
        await page.getByRole("navigation", { name: "Chats" }).waitFor();
        const [account, accountTaps] = [performance.now() - began, taps];
        // What comes after: both first cards.
        await page.waitForTimeout(A_SCREEN);
        await tap(page.getByRole("button", { name: "OK, got it" }));
        await page.waitForTimeout(A_SCREEN);
        await tap(page.getByRole("button", { name: "Rather not say" }));
        await page.getByRole("heading", { name: "No chats yet" }).waitFor();
        const whole = performance.now() - began;
        console.log(`an account after ${(account / 1000).toFixed(1)} s, ${fields} field and ${accountTaps} taps; past the first cards after ${(whole / 1000).toFixed(1)} s and ${taps} taps`);
        assert.ok(whole < 30000, `${whole} ms`);
        assert.ok(fields <= 2 && taps <= 4, `${fields} fields, ${taps} taps`);
    }));

test("who writes a username that somebody has is told so, and loses nothing of what was typed", () =>
    world(async ({ browser, url, wrong }) => {
        const sign = async (name) => {
            const context = await browser.newContext();
            listen(context, name, wrong);
            const page = await context.newPage();
            await page.goto(url);
            await page.getByLabel("Your name").fill(name);
            await page.getByLabel("Username").fill("sammy");
            await page.getByRole("button", { name: "Create account" }).click();
            return page;
        };
        const first = await sign("Sam");
        await first.getByRole("navigation", { name: "Chats" }).waitFor();
        const second = await sign("Sammy B");
        await second.getByText("sammy is taken here. Choose another.").waitFor();
        assert.equal(await second.getByLabel("Your name").inputValue(), "Sammy B");
        assert.equal(await second.getByLabel("Username").inputValue(), "sammy");
        await second.getByLabel("Username").fill("sammyb");
        await second.getByRole("button", { name: "Create account" }).click();
        await second.getByRole("navigation", { name: "Chats" }).waitFor();
    }));
