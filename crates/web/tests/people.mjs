// People in browsers: each in a context of its own, doing what a person does, by what the screen says.

import assert from "node:assert/strict";

/** How long something on a screen is waited for: several other tests may have the processors. */
export const PATIENCE_MS = 60_000;

export async function person(browser, url, name, { wrong, size, permissions = [], prepare, ...more } = {}) {
    const allowed = ["clipboard-read", "clipboard-write", ...permissions];
    const context = await browser.newContext({ viewport: size ?? { width: 1280, height: 800 }, permissions: allowed, ...more });
    listen(context, name, wrong ?? []);
    // What is done to the browser before it has the page.
    await prepare?.(context);
    const page = await context.newPage();
    await page.goto(url);
    return { name, context, page, url };
}

/** What a browser says of a connection that it could not make. */
export const NO_CONNECTION = /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket connection|ERR_FAILED/;

/** Collects everything a page, or the service worker, says is wrong. */
export function listen(context, name, wrong) {
    const complains = (message) => ["error", "warning"].includes(message.type());
    context.on("page", (page) => {
        page.on("console", (message) => complains(message) && wrong.push(`${name}: ${message.text()}`));
        page.on("pageerror", (error) => wrong.push(`${name}: ${error}`));
    });
    context.on("serviceworker", (worker) => {
        // Of what does not come the page says whether that is wrong.
        const told = (message) => complains(message) && !message.text().startsWith("Failed to load resource");
        worker.on("console", (message) => told(message) && wrong.push(`${name}'s service worker: ${message.text()}`));
    });
}

/** Lets go what was to be expected; all else is wrong still. */
export function excuse(wrong, expected) {
    wrong.splice(0, wrong.length, ...wrong.filter((line) => !expected.test(line)));
}

export async function signUp(who) {
    const { page, name } = who;
    await page.getByLabel("Your name").fill(name);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("navigation", { name: "Chats" }).waitFor();
}

/** Makes a link and gives it. */
export async function makeLink(who, label) {
    const { page } = who;
    await page.getByRole("button", { name: "Add a friend" }).first().click();
    await page.getByLabel("Who is it for?").fill(label);
    await page.getByRole("button", { name: "Make a link" }).click();
    const own = page.locator('.own-link[data-live="true"]').filter({ has: page.getByText(label, { exact: true }) });
    await own.first().waitFor();
    return own.first().locator(".link-url").getAttribute("data-link");
}

/** Opens somebody's link in this person's browser. */
export async function openLink(who, link) {
    const { page } = who;
    await page.goto(link);
    await page.getByRole("button", { name: "Ask to be contacts" }).click();
    await page.getByText("Asked. You can chat when they accept.").waitFor();
}

/** On a small screen the list lies under whatever is open. */
async function toList(who) {
    await who.page.locator(".home").waitFor();
    const lists = who.page.getByRole("navigation", { name: "Chats" });
    while (!(await lists.isVisible())) {
        await who.page.getByRole("button", { name: "Back" }).first().click();
    }
}

export async function accept(who) {
    await toList(who);
    await who.page.getByRole("button", { name: "Accept" }).first().click();
}

/** Two people who can chat. */
export async function befriend(one, other) {
    const link = await makeLink(one, other.name);
    // Each may have a way of their own to the server.
    await openLink(other, link.replace(one.url, other.url));
    await accept(one);
    await one.page.locator("a.chat-line").first().waitFor({ state: "attached" });
    await other.page.locator("a.chat-line").first().waitFor({ state: "attached" });
}

/** Two people in two browsers with the chat between them open: what most promises are asked of. */
export async function two({ url, urls = [url, url], browser, wrong }, options = {}) {
    const [alice, bob] = [await person(browser, urls[0], "Alice", { wrong, ...options }), await person(browser, urls[1], "Bob", { wrong, ...options })];
    await signUp(alice);
    await signUp(bob);
    await befriend(alice, bob);
    await openChat(alice);
    await openChat(bob);
    return [alice, bob];
}

/** Answers the cards of the first minute. */
export async function born({ page }, age) {
    await page.getByRole("button", { name: "OK, got it" }).click();
    await page.getByText("When were you born?").waitFor();
    if (age === null) {
        await page.getByRole("button", { name: "Rather not say" }).click();
    } else {
        assert.equal(await page.getByRole("button", { name: "Save" }).isDisabled(), true);
        await page.getByLabel("Month").selectOption("1");
        await page.getByLabel("Year").selectOption(String(new Date().getFullYear() - age));
        await page.getByRole("button", { name: "Save" }).click();
    }
    await page.locator(".first-card").waitFor({ state: "detached" });
}

export async function knows({ page }, answer) {
    await page.locator(".known-question").getByRole("button", { name: answer }).click();
    if (answer !== "Real life") {
        await page.getByText("You can stop any time.").waitFor();
        await page.locator(".known-question").getByRole("button", { name: "OK, got it" }).click();
    }
    await gone(page.locator(".known-question"));
}

/** Opens the chat at a place of the list, or by its name. */
export async function openChat(who, name) {
    await look(who, name);
    await composer(who).waitFor();
}

/** The same for a chat in which one cannot write any more. */
export async function look(who, name) {
    await toList(who);
    const lines = who.page.locator("a.chat-line");
    const place = await (name ? lines.filter({ hasText: name }) : lines).first().getAttribute("href");
    const line = `a.chat-line[href="${place}"]`;
    await pressed(
        () => who.page.locator(line).click(),
        (timeout) => who.page.locator(`${line}[aria-current="page"]`).waitFor({ state: "attached", timeout }),
    );
}

/** Presses until what that opens is there. What comes or goes above it between pressing and letting go moves it from under the finger: one presses again. */
export async function pressed(press, opened) {
    for (let more = 2; more > 0; more--) {
        await press();
        if (await opened(10_000).then(() => true, () => false)) return;
    }
    await press();
    await opened(PATIENCE_MS);
}

export function composer(who) {
    return who.page.locator(".composer textarea");
}

export async function say(who, text) {
    await composer(who).fill(text);
    await composer(who).press("Enter");
}

/** Waits until a message with this text is on somebody's screen, and gives it. */
export async function sees(who, text, options = {}) {
    const message = who.page.locator("article.said").filter({ hasText: text }).first();
    await message.waitFor({ timeout: options.timeout ?? PATIENCE_MS });
    return message;
}

/** Sends a file as a photo or film is sent (`photo`), or as it is (`file`), with words below it if there are some. */
export async function attach(who, as, path, words = "") {
    await who.page.locator(`#attach-${as}`).setInputFiles(path);
    await who.page.locator(".tray-item").waitFor();
    if (words) await composer(who).fill(words);
    await who.page.getByRole("button", { name: "Send", exact: true }).click();
    await who.page.locator(".tray-item").waitFor({ state: "detached" });
}

/** Takes the curtain away that is before the first picture of somebody who was not said to be known in life. */
export async function uncover(who) {
    await who.page.locator(".curtain").first().click();
    await gone(who.page.locator(".curtain"));
}

/** Turns a switch in the settings, and comes back to the chat. */
export async function choose(who, name, on) {
    await who.page.goto(`${who.url}/#/settings`);
    await who.page.getByLabel(name).setChecked(on);
    await openChat(who);
}

/** Opens the menu of a message and takes a line of it. */
export async function act(who, text, line) {
    const message = await sees(who, text);
    await message.hover();
    await message.getByRole("button", { name: "More" }).click();
    await pick(who, line);
}

/** Takes what the dialog that lies over the page offers. */
export async function pick(who, name) {
    await dialog(who).getByRole("button", { name, exact: true }).click();
}

export function dialog(who) {
    return who.page.locator("dialog[open]").last();
}

/** Opens the details of the chat that is open. */
export async function details(who) {
    await who.page.locator(".chat-head .chat-title").click();
    await who.page.locator(".page .face").waitFor();
}

/** Goes one step back from a screen that lies over the list. */
export async function back(who) {
    await who.page.getByRole("button", { name: "Back", exact: true }).last().click();
}

/** The texts of a chat as they stand on somebody's screen. */
export function texts(who) {
    return who.page.locator("article.said .text").allInnerTexts();
}

/** Waits until this is no longer on somebody's screen. */
export async function gone(locator, timeout = PATIENCE_MS) {
    await locator.first().waitFor({ state: "detached", timeout });
}
