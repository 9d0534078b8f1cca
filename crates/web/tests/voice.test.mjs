// A voice message: recorded with a microphone that is not there, heard in the other browser.

import assert from "node:assert/strict";
import test from "node:test";
import { fine } from "./fine.mjs";
import { composer, dialog, gone, openChat, pick, two } from "./people.mjs";
import { world } from "./world.mjs";

/** Remembers what came of each microphone that the page asked for, and has it wait for one while `window.asking` is there. */
function watchMicrophones(context) {
    return context.addInitScript(() => {
        // What did not come by a secure way has none.
        if (!window.MediaDevices) return;
        window.microphones = [];
        const honest = MediaDevices.prototype.getUserMedia;
        MediaDevices.prototype.getUserMedia = async function (...wanted) {
            const stream = await honest.apply(this, wanted);
            window.microphones.push(...stream.getTracks());
            await window.asking;
            return stream;
        };
    });
}

/** Leaves the chat, and waits until no microphone is on that was. */
async function leavesIt({ page }, before) {
    await page.evaluate(() => (location.hash = "#/settings"));
    await page.locator(".composer").waitFor({ state: "detached" });
    await before?.();
    await page.waitForFunction(() => microphones.length > 0 && microphones.every((track) => track.readyState === "ended"));
    await page.evaluate(() => (microphones.length = 0));
}

test("a voice message is recorded, shows its sound and length, and plays in the other browser; who leaves records nothing", () =>
    world(async (given) => {
        const [alice, bob] = await two(given, { permissions: ["microphone"], prepare: watchMicrophones });
        // Who leaves while it is recorded, or while the browser asks for the microphone.
        await alice.page.getByRole("button", { name: "Record a voice message" }).click();
        await alice.page.getByRole("timer").waitFor();
        assert.equal(await alice.page.evaluate(() => microphones[0].readyState), "live");
        await leavesIt(alice);
        await openChat(alice);
        await alice.page.evaluate(() => {
            window.asking = new Promise((allow) => (window.allow = allow));
        });
        await alice.page.getByRole("button", { name: "Record a voice message" }).click();
        await alice.page.waitForFunction(() => microphones.length > 0);
        await leavesIt(alice, () => alice.page.evaluate(() => allow()));
        await openChat(alice);

        await alice.page.getByRole("button", { name: "Record a voice message" }).click();
        await alice.page.getByRole("timer").waitFor();
        assert.ok(!(await composer(alice).isVisible()));
        // Thrown away: nobody hears of it.
        await alice.page.getByRole("button", { name: "Discard" }).click();
        await composer(alice).waitFor();

        await alice.page.getByRole("button", { name: "Record a voice message" }).click();
        await alice.page.getByText("Recording 0:03").waitFor();
        await alice.page.getByRole("button", { name: "Send voice message" }).click();
        for (const who of [alice, bob]) {
            const voice = who.page.getByRole("group", { name: "Voice message" });
            await voice.getByText(/^0:0[234]$/).waitFor();
            await who.page.waitForFunction(() => {
                const bars = [...document.querySelectorAll(".voice .wave rect")].map((bar) => Number(bar.getAttribute("height")));
                return bars.length > 20 && Math.max(...bars) > 20 && new Set(bars).size > 2;
            });
            assert.equal(await voice.count(), 1);
        }
        const voice = bob.page.getByRole("group", { name: "Voice message" });
        await voice.getByRole("button", { name: "Play" }).click();
        await voice.getByRole("button", { name: "Pause" }).waitFor();
        await bob.page.waitForFunction(() => document.querySelector(".voice audio").currentTime > 1);
        await voice.locator(".wave .heard").first().waitFor({ state: "attached" });
        await voice.getByRole("button", { name: "Pause" }).click();
        await voice.getByRole("button", { name: "Play" }).waitFor();
        // A press in the middle of the sound goes there.
        const box = await voice.locator(".wave").boundingBox();
        await bob.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
        const at = await bob.page.evaluate(() => document.querySelector(".voice audio").currentTime);
        assert.ok(at > 1 && at < 2.6, `${at}`);
        // And so do keys, in words for who hears them.
        const slider = voice.getByRole("slider", { name: "Place in the voice message" });
        const place = () => bob.page.evaluate(() => document.querySelector(".voice audio").currentTime);
        await slider.press("Home");
        assert.equal(await place(), 0);
        await slider.press("ArrowRight");
        assert.ok(Math.abs((await place()) - 1) < 0.1, `${await place()}`);
        assert.match(await slider.getAttribute("aria-valuetext"), /^0:01 of 0:0[234]$/);
        await slider.press("ArrowLeft");
        assert.equal(await place(), 0);

        // Kept, it is heard when its sender has taken it back: from the box, which opens with its own passphrase.
        const passphrase = "a lantern on the old pier";
        await more(bob);
        await pick(bob, "Keep");
        await dialog(bob).getByLabel("Passphrase for what you keep").fill(passphrase);
        await pick(bob, "Keep");
        await bob.page.getByText("Kept, with its proof.").waitFor();
        const open = async () => {
            await bob.page.goto(`${given.url}/#/`);
            await bob.page.goto(`${given.url}/#/kept`);
            await bob.page.getByLabel("Passphrase for what you keep").fill(passphrase);
            await bob.page.getByRole("button", { name: "Unlock" }).click();
            return bob.page.locator(".kept-message");
        };
        let kept = await open();
        // Its bytes come some moments after it was kept.
        const here = () => kept.getByText("Kept. You can hear it here").waitFor({ timeout: 3000 });
        for (let tries = 0; tries < 5; tries++) {
            if (await here().then(() => true, () => false)) break;
            kept = await open();
        }
        await here();
        await more(alice);
        await pick(alice, "Delete");
        await pick(alice, "Delete for everyone");
        await bob.page.goto(`${given.url}/#/`);
        await openChat(bob);
        await gone(bob.page.getByRole("group", { name: "Voice message" }));
        await open();
        await kept.getByText(/Taken back by its sender/).waitFor();
        assert.equal(await kept.locator("audio").count(), 0);
        await kept.getByRole("button", { name: "Listen" }).click();
        await kept.locator("audio").waitFor();
        await bob.page.waitForFunction(() => document.querySelector(".kept-message audio").currentTime > 0.5);
        await fine(bob.page, "a voice message that is kept");
    }));

/** Opens what can be done with the last message. */
async function more(who) {
    const message = who.page.locator("article.said").last();
    await message.hover();
    await message.getByRole("button", { name: "More" }).click();
}
