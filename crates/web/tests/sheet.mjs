// The twelve main screens at three widths, light and dark, in `target/sheet`: to be looked at. Not a test: node sheet.mjs [SCREEN…]

import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { draw } from "./drawn.mjs";
import { accept, composer, makeLink, openChat, person, say, sees, signUp } from "./people.mjs";
import { PROGRAM, world } from "./world.mjs";

const TO = new URL("../../../target/sheet/", import.meta.url).pathname;
const SIZES = [[320, 640], [768, 1024], [1440, 900]];
const SCHEMES = ["light", "dark"];
const wanted = process.argv.slice(2);
const shots = [];

async function shoot(page, screen) {
    if (wanted.length > 0 && !wanted.includes(screen)) {
        return;
    }
    for (const [width, height] of SIZES) {
        await page.setViewportSize({ width, height });
        for (const colorScheme of SCHEMES) {
            await page.emulateMedia({ colorScheme });
            await page.waitForTimeout(250);
            const name = `${screen}-${width}-${colorScheme}.png`;
            await page.screenshot({ path: join(TO, name) });
            shots.push({ screen, width, name });
        }
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    console.log(screen);
}

/** A friend at a terminal. */
function friend(name, shown, folder, url) {
    const run = async (...args) => (await promisify(execFile)(PROGRAM, ["--home", join(folder, name), ...args])).stdout;
    return { name, run, begin: () => run("signup", name, "--server", url, "--name", shown) };
}

/** What a listing says, a line a row, once it says anything. */
async function listed(friend, ...args) {
    for (let tries = 0; tries < 60; tries++) {
        await new Promise((done) => setTimeout(done, 500));
        await friend.run("sync");
        const rows = (await friend.run(...args, "--json")).split("\n").filter(Boolean).map((line) => JSON.parse(line)).flat();
        if (rows.length > 0) {
            return rows;
        }
    }
    throw new Error(`${friend.name} waited in vain for ${args[0]}`);
}

async function find(friend, words) {
    for (let tries = 0; tries < 30; tries++) {
        const found = (await listed(friend, "read", "Camping trip")).find((row) => row.text?.includes(words));
        if (found) {
            return String(found.id);
        }
    }
    throw new Error(`${friend.name} never read “${words}”`);
}

await mkdir(TO, { recursive: true });
await world(async ({ url, browser, folder, wrong }) => {
    const pictures = await draw(browser, folder);
    const alice = await person(browser, url, "Alice", { wrong });
    const { page } = alice;
    await page.getByRole("button", { name: "Create account" }).waitFor();
    await shoot(page, "01-welcome");
    await signUp(alice);
    await page.locator(".first-card").waitFor();
    await shoot(page, "02-first-card");
    await page.getByRole("button", { name: "OK, got it" }).click();
    await page.getByRole("button", { name: "Rather not say" }).click();
    await shoot(page, "03-empty-list");

    await makeLink(alice, "Sam");
    await page.getByRole("button", { name: "Show QR code" }).first().click();
    await page.locator("dialog[open] svg.qr").waitFor();
    await shoot(page, "08-add-a-friend");
    await page.keyboard.press("Escape");
    const friends = [["maya", "Maya"], ["leo.brandt", "Leo"], ["noor", "Noor"], ["tom", "Tom"], ["eva", "Eva"]].map(([name, shown]) => friend(name, shown, folder, url));
    const [maya, leo, noor, tom, eva] = friends;
    for (const one of friends) {
        const link = await makeLink(alice, one.name);
        await one.begin();
        await one.run("add", link);
    }
    for (let count = 0; count < 5; count++) {
        await accept(alice);
        await page.locator("a.chat-line").nth(count).waitFor();
    }
    const [[{ name: me }]] = await Promise.all(friends.map((one) => listed(one, "chats")));

    await tom.run("send", me, "The bike is repaired, you can come by any time");
    await noor.run("send", me, "Do you have the notes from Tuesday?");
    await noor.run("send", me, "I missed the second half");
    await eva.run("send", me, "Happy birthday! 🎂");
    await leo.run("send", me, "Same place as last time?");
    await openChat(alice, "eva");
    await say(alice, "Thank you!! See you on Saturday 🎉");
    await openChat(alice, "leo");
    await composer(alice).fill("Yes, at the lake, if it does not");
    await page.waitForTimeout(700);

    await page.getByRole("button", { name: "New group" }).first().click();
    await page.getByLabel("Group name").fill("Camping trip");
    for (const name of ["maya", "leo.brandt", "tom"]) {
        await page.locator(`[data-person="${name}"]`).check();
    }
    await page.getByRole("button", { name: "Create group" }).click();
    await composer(alice).waitFor();
    for (const one of [maya, leo]) {
        const [invitation] = await listed(one, "invitations");
        await one.run("invitations", "join", String(invitation.id));
    }
    await Promise.all([maya, leo].map((one) => listed(one, "chats")));
    await say(alice, "Who brings what? I have the **big tent**");
    await say(alice, "and a stove");
    await maya.run("sync");
    await maya.run("send", "Camping trip", "--file", pictures.hills, "--caption", "Look where we could stay!", "--alt", "Hills in the evening");
    await leo.run("send", "Camping trip", "--reply", await find(leo, "tent"), "I can bring two sleeping mats and the lamp");
    await sees(alice, "sleeping mats");
    await page.getByRole("button", { name: "Record a voice message" }).click();
    await page.waitForTimeout(3200);
    await page.getByRole("button", { name: "Send voice message" }).click();
    await page.locator(".voice").waitFor();
    await maya.run("react", "Camping trip", await find(maya, "sleeping mats"), "👍");
    await leo.run("sync");
    await maya.run("send", "Camping trip", "Perfect. Then we only need a map, and someone who can read it 😄");
    await sees(alice, "only need a map");
    const last = await sees(alice, "sleeping mats");
    await last.locator(".reaction").waitFor();
    await page.locator("img.photo-picture").first().evaluate((image) => image.decode());
    await shoot(page, "05-chat");

    await page.locator("#attach-photo").setInputFiles([pictures.boat, pictures.house]);
    await composer(alice).fill("Two ideas for the sticker");
    await shoot(page, "06-composer-with-files");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.locator(".tray-item").first().waitFor({ state: "detached" });
    await page.locator(".chat-head").getByRole("button", { name: "More" }).click();
    await page.locator(".page .member").nth(2).waitFor();
    await page.locator(".page img.photo-picture").first().waitFor({ state: "attached" });
    await shoot(page, "07-group-details");
    await page.getByRole("button", { name: "Back" }).first().click();
    await composer(alice).waitFor();
    await page.getByRole("button", { name: "Who can see this?" }).first().click();
    await page.locator("dialog[open] .who").waitFor();
    await shoot(page, "11-who-can-see-this");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Open picture" }).last().click();
    await page.locator("dialog.viewer[open] img").evaluate((image) => image.decode());
    await shoot(page, "12-picture");
    await page.keyboard.press("Escape");

    await openChat(alice, "maya");
    await page.locator(".chat-head").getByRole("button", { name: "More" }).click();
    await page.getByRole("button", { name: "Pin to the top" }).click();
    await page.getByRole("button", { name: "Back" }).first().click();
    await openChat(alice, "tom");
    await page.locator(".chat-head").getByRole("button", { name: "More" }).click();
    await page.getByRole("button", { name: "Until I turn it back on" }).click();
    await maya.run("send", me, "Can you call me when you are home? 😊");
    await page.goto(`${url}/#/`);
    await page.locator("a.chat-line .badge").first().waitFor();
    await page.locator("a.chat-line").filter({ hasText: "maya" }).locator(".badge").first().waitFor();
    await shoot(page, "04-list");
    await page.getByRole("searchbox").fill("tent");
    await page.locator(".results").waitFor();
    await shoot(page, "09-search");
    await page.getByRole("searchbox").fill("");
    await page.getByRole("button", { name: "Settings" }).first().click();
    await page.locator(".page h1").waitFor();
    await shoot(page, "10-settings");

    const rows = [...new Set(shots.map(({ screen }) => screen))].sort().map((screen) => [screen, shots.filter((shot) => shot.screen === screen)]);
    const body = rows.map(([screen, all]) => `<h2>${screen}</h2><div>${all.map(({ name, width }) => `<img src="${name}" style="width:${width / 4}px">`).join("")}</div>`);
    const html = `<!doctype html><meta charset="utf-8"><title>Treehouse: the main screens</title><style>body{font:16px sans-serif;background:#888}div{display:flex;gap:8px;align-items:flex-start}</style>${body.join("")}`;
    await writeFile(join(TO, "index.html"), html);
    const overview = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await overview.goto(`file://${join(TO, "index.html")}`);
    await overview.screenshot({ path: join(TO, "index.png"), fullPage: true });
    console.log(`${shots.length} pictures in ${TO}`);
});
