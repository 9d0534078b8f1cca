// The check of pictures with the real model, from end to end: on an abstract pattern that was looked for until it fires, and the same in grey.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import test from "node:test";
import { fine } from "./fine.mjs";
import { attach, back, befriend, born, composer, details, dialog, gone, knows, openChat, person, say, sees, signUp, two } from "./people.mjs";
import { patterns } from "./spots.mjs";
import { heard } from "./way.mjs";
import { world } from "./world.mjs";

const PRIVATE = "This may be a private picture. You need not look.";

const curtain = ({ page }) => page.locator(".curtain");
const plain = ({ page }) => page.locator("article.said .behind:not(.curtained) img.photo-picture, article.said img.photo-picture:not(.behind img)");
const checks = (asked) => asked.filter((path) => path.startsWith("/assets/picture")).map((path) => path.replace(/-[0-9a-f]+\./, "."));

const blobs = (asked) => [...new Set(asked.filter((path) => path.startsWith("/v1/blobs/")))].sort();
// A picture of one point, and what it shows for a moment.
const GIF = "47494638396101000100800000000000ffffff";
const FRAME = "21f904000a0000002c0000000001000100000202440100";
// More of them than stand near the screen, with words this long below each.
const OLD = 14;
const LONG = `a grey pattern${"\n\nand on".repeat(14)}`;

/** Nothing more is asked for. */
async function quiet(...ways) {
    const count = () => ways.reduce((sum, way) => sum + way.asked.length, 0);
    for (let before = -1; before !== count(); ) {
        before = count();
        await new Promise((done) => setTimeout(done, 3000));
    }
}

/** Has the browser take its line for an ordinary one: how far it takes for near, and fetches, depends on that (Chromium: 1,250 to 8,000 pixels). */
async function ordinary({ context, page }) {
    const devtools = await context.newCDPSession(page);
    await devtools.send("Network.enable");
    const line = { offline: false, latency: 20, downloadThroughput: 5e6, uploadThroughput: 5e6, connectionType: "wifi" };
    await devtools.send("Network.emulateNetworkConditions", line);
}

/** A group into which somebody sends many pictures while the others look elsewhere. */
async function old(given, others, path) {
    const carol = await person(given.browser, given.url, "Carol", { wrong: given.wrong });
    await signUp(carol);
    for (const other of others) {
        await befriend(carol, other);
        await back(carol);
    }
    await carol.page.getByRole("button", { name: "New group" }).click();
    await carol.page.getByLabel("Group name").fill("Old pictures");
    for (const other of others) await carol.page.locator("label.choice", { hasText: other.name }).click();
    await carol.page.getByRole("button", { name: "Create group" }).click();
    await composer(carol).waitFor();
    for (const other of others) {
        await other.page.goto(`${other.url}/#/settings`);
        await other.page.locator("[data-invitation]").getByRole("button", { name: "Join" }).click();
        await other.page.locator("a.chat-line", { hasText: "Old pictures" }).waitFor();
    }
    for (let count = 0; count < OLD; count += 1) {
        await attach(carol, "photo", path, LONG);
        await carol.page.locator("article.said img.photo-picture").nth(count).waitFor({ state: "attached" });
    }
    await say(carol, "that was all of them");
    for (const other of others) await other.page.locator("a.chat-line", { hasText: "that was all of them" }).waitFor();
}

/** Puts a picture in and wants to send it. */
async function offer({ page }, path) {
    await page.locator("#attach-photo").setInputFiles(path);
    await page.locator(".tray-item").waitFor();
    await page.getByRole("button", { name: "Send", exact: true }).click();
}

test("a picture that may be private is covered for who is under 18, by a model that everybody fetches on first need", () =>
    world(async (given) => {
        const pictures = await patterns(given.browser, given.folder);
        const [hers, his] = [await heard(given.url), await heard(given.url)];
        const [alice, bob] = await two({ ...given, urls: [hers.url, his.url] });
        await born(alice, 15);
        await born(bob, 40);
        await knows(alice, "Real life");
        await knows(bob, "Real life");
        await say(bob, "here come two patterns");
        await sees(alice, "here come two patterns");
        assert.deepEqual([checks(hers.asked), checks(his.asked)], [[], []], "not before it is needed");

        await attach(bob, "photo", pictures.grey);
        await plain(alice).waitFor();
        assert.equal(await curtain(alice).count(), 0, "somebody known in life, and nothing on it");
        const needed = ["/assets/picture.js", "/assets/picture.wasm", "/assets/picture.model"];
        assert.deepEqual(checks(hers.asked).sort(), [...needed].sort());
        assert.deepEqual(checks(his.asked).sort(), [...needed].sort(), "an adult's device asks for the same, so that it tells nobody an age");

        await attach(bob, "photo", pictures.pattern);
        await curtain(alice).getByText(PRIVATE).waitFor();
        const blur = () => alice.page.locator(".curtained .behind-files").evaluate((files) => getComputedStyle(files).filter);
        assert.match(await blur(), /blur/);
        await fine(alice.page, "a covered picture");
        await details(alice);
        await alice.page.getByRole("button", { name: /Covered picture/ }).waitFor();
        assert.equal(await alice.page.getByRole("button", { name: /Covered picture/ }).count(), 1);
        await back(alice);
        await openChat(alice);
        await curtain(alice).click();
        await gone(curtain(alice));

        // The same picture by the same way is open for an adult, until they ask for the check.
        await attach(alice, "photo", pictures.grey);
        await bob.page.locator("article.said:not(.mine) img.photo-picture").first().waitFor();
        await offer(alice, pictures.pattern);
        await dialog(alice).getByText("This may be a private picture.").waitFor();
        await dialog(alice).getByRole("button", { name: /^Send it/ }).and(alice.page.locator(":enabled")).click();
        await bob.page.locator("article.said:not(.mine) img.photo-picture").nth(1).waitFor();
        assert.equal(await curtain(bob).count(), 0);
        await alice.page.getByText("Just sent, and sorry?").waitFor();
        await bob.page.goto(`${his.url}/#/settings`);
        await bob.page.getByLabel("Look at pictures before I see them").check();
        await bob.page.goto(`${his.url}/#/`);
        await openChat(bob);
        await curtain(bob).getByText(PRIVATE).waitFor();
        assert.equal(checks(hers.asked).length, needed.length, "fetched once");
        assert.equal(checks(his.asked).length, needed.length, "fetched once");

        // Under 18, what was covered is a private picture once it is kept; for an adult, who may look for other reasons, it is not.
        for (const who of [bob, alice]) {
            const covered = who.page.locator("article.said:not(.mine)").last();
            await covered.hover();
            await covered.getByRole("button", { name: "More" }).click();
            await dialog(who).getByRole("button", { name: "Keep", exact: true }).click();
            await dialog(who).getByLabel("Passphrase for what you keep").fill("a lantern on the old pier");
            await dialog(who).getByRole("button", { name: "Keep", exact: true }).click();
            await who.page.getByText("Kept, with its proof.").waitFor();
        }
        await alice.page.locator("article.said:not(.mine) .private-picture").getByText("A private picture. It is not shown here.").waitFor();
        await fine(alice.page, "a private picture");
        await curtain(bob).waitFor();
        assert.equal(await bob.page.locator(".private-picture").count(), 0);
        // Of whom it is can still be said.
        const kept = alice.page.locator("article.said:not(.mine)").last();
        await kept.hover();
        await kept.getByRole("button", { name: "More" }).click();
        await dialog(alice).getByRole("button", { name: "This is a private picture" }).click();
        await dialog(alice).getByRole("button", { name: "This is me" }).click();
        await dialog(alice).getByRole("button", { name: "Save the file" }).waitFor();
        await dialog(alice).getByRole("button", { name: "Done" }).click();

        // Of one that moves the beginning alone is looked at.
        const moving = `${given.folder}/moving.gif`;
        await writeFile(moving, Buffer.from(`${GIF}${FRAME}${FRAME}3b`, "hex"));
        await attach(bob, "photo", moving);
        await curtain(alice).getByText("This moves. Your device cannot look at all of it.").click();
        await gone(curtain(alice));

        // It is told to nobody, and what was found is kept nowhere: the next time it is looked at anew.
        await alice.page.goto(`${hers.url}/#/settings`);
        assert.equal(await alice.page.getByLabel("Look at pictures before I see them").count(), 0, "under 18 it is on");

        // Whose device looks at pictures asks for the same ones as whose does not: those near the screen, and no other.
        await bob.page.goto(`${his.url}/#/settings`);
        await bob.page.getByLabel("Look at pictures before I see them").uncheck();
        await old(given, [alice, bob], pictures.grey);
        await quiet(hers, his);
        [hers, his].forEach((way) => way.asked.splice(0));
        for (const who of [alice, bob]) {
            await ordinary(who);
            await openChat(who, "Old pictures");
            await who.page.locator("article.said img.photo-picture").nth(OLD - 1).waitFor({ state: "attached" });
        }
        await quiet(hers, his);
        const near = blobs(his.asked);
        assert.ok(near.length > 0 && near.length < OLD, `${near.length} of ${OLD} are near the screen`);
        assert.deepEqual(blobs(hers.asked), near, "the wire does not tell who is under 18");
        // What is covered among the pictures of the chat is fetched as what is not.
        for (const who of [alice, bob]) {
            await details(who);
            await who.page.locator(".shelf.pictures li").last().scrollIntoViewIfNeeded();
        }
        await quiet(hers, his);
        assert.equal(blobs(his.asked).length, OLD);
        assert.deepEqual(blobs(hers.asked), blobs(his.asked));
        hers.way.close();
        his.way.close();
    }));

test("before one's own picture that may be private there is a moment to say no, and a plain one just goes", () =>
    world(async (given) => {
        const pictures = await patterns(given.browser, given.folder);
        const [alice, bob] = await two(given);
        await born(alice, 15);
        await born(bob, 40);
        await knows(alice, "Real life");
        await offer(alice, pictures.pattern);
        await dialog(alice).getByText("You can say no").waitFor();
        await dialog(alice).getByText("This may be a private picture. What you send, they can keep and show.").waitFor();
        await dialog(alice).locator(".pause").getByRole("button", { name: "Help" }).waitFor();
        await fine(alice.page, "a moment before sending");
        await dialog(alice).getByRole("button", { name: "Do not send" }).click();
        await alice.page.locator(".tray-item").getByRole("button", { name: /Take out|Remove/ }).click();
        await say(alice, "a word instead");
        await sees(bob, "a word instead");
        assert.equal(await bob.page.locator("article.said img.photo-picture").count(), 0, "nothing left");
        // One that cannot be looked at has the moment as well, and the words say so.
        const broken = `${given.folder}/broken.png`;
        await writeFile(broken, "no picture at all");
        await offer(alice, broken);
        await dialog(alice).getByText("Your device could not look at this picture. What you send, they can keep and show.").waitFor();
        await dialog(alice).getByRole("button", { name: "Do not send" }).click();
        await alice.page.locator(".tray-item").getByRole("button", { name: /Take out|Remove/ }).click();
        await attach(alice, "photo", pictures.grey);
        await bob.page.locator("article.said img.photo-picture").waitFor();
    }));
