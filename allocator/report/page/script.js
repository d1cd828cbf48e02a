"use strict";
// Money is BigInt, in 1e-8 dollars; only weights are floats, as in the definition of awards.
(() => {
  const FINE = 100000000n;
  const LARGEST = 90000000000n * FINE;

  function parseFine(text) {
    const plain = text.replace(/[\s$]/g, "").replace("\u2212", "-");
    // A comma parts thousands, and nothing else: "1,50" is asked about, not read as 150.
    const found = /^([+-]?)(\d*|\d{1,3}(?:,\d{3})+)(?:\.(\d*))?$/.exec(plain);
    if (!found || !(found[2] + (found[3] || ""))) return null;
    found[2] = found[2].replace(/,/g, "");
    const decimals = (found[3] || "").padEnd(8, "0");
    if (/[1-9]/.test(decimals.slice(8))) return null;
    const size = BigInt(found[2] || "0") * FINE + BigInt(decimals.slice(0, 8));
    if (size >= LARGEST) return null;
    return found[1] === "-" ? -size : size;
  }

  // A fraction of 1e-8 dollars: with as many decimals as it has, 2 at least, or 8 half-even.
  function dollars(numerator, denominator = 1n) {
    const size = numerator < 0n ? -numerator : numerator;
    let whole = size / denominator;
    const twice = (size % denominator) * 2n;
    if (twice > denominator || (twice === denominator && whole % 2n === 1n)) whole += 1n;
    let decimals = String(whole % FINE).padStart(8, "0");
    if (size % denominator === 0n) decimals = decimals.replace(/0{1,6}$/, "");
    return (numerator < 0n ? "-$" : "$") + commas(whole / FINE) + "." + decimals;
  }

  // To the nearest cent, half-even, as a count of cents.
  function nearestCent(numerator, denominator = 1n) {
    const size = numerator < 0n ? -numerator : numerator;
    const unit = denominator * (FINE / 100n);
    let whole = size / unit;
    const twice = (size % unit) * 2n;
    if (twice > unit || (twice === unit && whole % 2n === 1n)) whole += 1n;
    return numerator < 0n ? -whole : whole;
  }

  // In cents, or in full where that would be nothing.
  const inCents = amount => (nearestCent(amount) || !amount ? cents(nearestCent(amount)) : dollars(amount));

  const commas = value => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
  const cents = value => dollars(value * (FINE / 100n));
  const big = value => (value === null || value === undefined ? null : BigInt(value));

  // The first rule that somebody fails, as explain tells it.
  function missed(policy, loss, net, told) {
    for (const rule of policy.rules) {
      const [kind, column] = rule.reason.split(":");
      if (kind === "already_compensated" && told.compensated) return { reason: rule.reason };
      if (kind === "excluded" && rule.values) {
        if (rule.values.includes(told.columns[column])) return { reason: rule.reason, column };
      } else if (kind === "excluded") {
        const amount = column === "net_assets" ? net : loss;
        const [low, high] = [big(rule.min), big(rule.max)];
        if ((low === null || amount >= low) && (high === null || amount <= high)) {
          return { reason: rule.reason, column, actual: inCents(amount), limits: [low, high] };
        }
      } else if (kind === "loss_below_minimum" && loss < big(rule.least)) {
        return short(rule, loss, big(rule.least), 1n);
      } else if (kind === "no_net_assets" && net <= 0n) {
        return { reason: rule.reason, actual: inCents(net) };
      } else if (kind === "loss_ratio_below_minimum" && net > 0n) {
        const [numerator, denominator] = rule.least.map(BigInt);
        if (loss * denominator < numerator * net) {
          return { ...short(rule, loss, numerator * net, denominator), minimum: rule.shown };
        }
      } else if (kind === "cap_below_minimum") {
        const unit = big(policy.unit);
        if ((loss / unit) * unit < big(rule.least)) return short(rule, loss, big(rule.least), 1n);
      }
    }
    return null;
  }

  // In cents, so that they add up; in full where cents would hide something.
  function short(rule, loss, required, denominator) {
    const [have, need] = [nearestCent(loss), nearestCent(required, denominator)];
    if (need > have && (have || !loss)) {
      return { reason: rule.reason, actual: cents(have), required: cents(need), short: cents(need - have) };
    }
    return {
      reason: rule.reason,
      actual: dollars(loss),
      required: dollars(required, denominator),
      short: dollars(required - loss * denominator, denominator),
    };
  }

  function recognized(loss, brackets) {
    if (!brackets.length) return loss;
    const denominator = brackets.reduce((all, each) => all * BigInt(each[2]), 1n);
    let low = 0n;
    let sum = 0n;
    for (const [upTo, numerator, below] of brackets) {
      const high = upTo === null || loss < BigInt(upTo) ? loss : BigInt(upTo);
      if (high > low) sum += (high - low) * BigInt(numerator) * (denominator / BigInt(below));
      if (upTo !== null) low = BigInt(upTo);
    }
    return sum / denominator;
  }

  // Products and square roots where the exponent is a multiple of 1/4, as weights are defined.
  function power(base, exponent) {
    const quarters = exponent * 4;
    if (exponent === 1) return base;
    if (!Number.isInteger(quarters)) return Math.pow(base, exponent);
    let result = 1;
    for (let i = 0; i < Math.floor(quarters / 4); i++) result *= base;
    if (quarters & 2) result *= Math.sqrt(base);
    if (quarters & 1) result *= Math.sqrt(Math.sqrt(base));
    return result;
  }

  function logSlope(policy, loss, net, told) {
    const claim = recognized(loss, policy.brackets);
    if (policy.alpha === null) return Math.log(Number(claim));
    let weight = power(Number(claim) / 1e8, policy.loss_exponent);
    if (policy.ratio_exponent) {
      const ratio = net > 0n ? Math.min(Number(loss) / Number(net), policy.ratio_cap) : policy.ratio_cap;
      weight *= power(ratio, policy.ratio_exponent);
    }
    let factor = 1;
    for (const [column, values] of policy.factors) {
      const value = told.columns[column];
      factor *= Object.hasOwn(values, value) && value ? values[value] : values["*"];
    }
    if (policy.factors.length) weight *= factor;
    if (!(weight > 0)) return weight === 0 ? -Infinity : NaN; // comes last: keeps the minimum
    const share = policy.alpha === "inf" ? 0 : 1 / policy.alpha;
    return share * Math.log(weight) + (policy.recovery ? (1 - share) * Math.log(Number(loss)) : 0);
  }

  // Logarithm of the mean of k-1 and k at which unit k is earned: the Stolarsky mean of order
  // alpha, free of cancellation as in the program itself.
  function logMean(k, alpha) {
    if (alpha === null) return Math.log(k - 0.5);
    if (alpha === "inf") return Math.log(k - 1);
    const p = 1 - alpha;
    if (k === 1) return alpha < 1 ? Math.log(p) / alpha : -Infinity;
    const middle = k - 0.5;
    const q = 0.5 / middle;
    const a = Math.atanh(q);
    const ends = Math.log1p(-q * q);
    let e;
    if (alpha < 0.5) {
      e = -0.5 * alpha * ends - Math.log1p(-alpha);
      e += Math.log1p(2 * Math.sinh(0.5 * alpha * a) ** 2 - Math.sinh(alpha * a) / q);
    } else {
      e = 0.5 * p * ends + Math.log(a / q) + logSinhc(Math.abs(p * a));
    }
    return Math.log(middle) - e / alpha;
  }

  function logSinhc(z) {
    if (z === 0) return 0;
    return z < 1 ? Math.log(Math.sinh(z) / z) : z + Math.log1p(-Math.exp(-2 * z)) - Math.log(2 * z);
  }

  function award(policy, loss, net, told) {
    const out = missed(policy, loss, net, told);
    if (out) return { cents: 0n, out };
    const unit = big(policy.unit);
    let upper = Number(policy.maximum);
    if (policy.cap_at_loss && loss / unit < BigInt(upper)) upper = Number(loss / unit);
    const lower = Number(policy.minimum);
    const level = Number(policy.log_level === "inf" ? Infinity : policy.log_level === "-inf" ? -Infinity : policy.log_level);
    const slope = level === Infinity ? 0 : logSlope(policy, loss, net, told);
    if (Number.isNaN(slope)) return { cents: null };
    let [low, high] = [lower, level === Infinity ? lower : upper];
    while (low < high) {
      const middle = Math.floor((low + high + 1) / 2);
      if (logMean(middle, policy.alpha) - slope <= level + policy.tied) low = middle;
      else high = middle - 1;
    }
    const units = level === Infinity ? upper : low;
    const free = Math.exp(level + slope) * policy.unit_cents;
    let why = "free";
    if (level === Infinity) why = "enough";
    else if (units === upper && units > lower) why = upper === Number(policy.maximum) ? "cap" : "loss";
    else if (units === lower && free < lower * policy.unit_cents) why = "floor";
    return { cents: BigInt(units) * BigInt(policy.unit_cents), free, why };
  }

  function sentence(found, phrases) {
    const { reason, column, limits } = found.out;
    let key = reason.split(":")[0];
    const parts = { ...found.out };
    if (limits) {
      const [low, high] = limits;
      const name = low === null ? "limits_up_to" : high === null ? "limits_from" : "limits_between";
      const ends = { least: low === null ? "" : dollars(low), most: high === null ? "" : dollars(high) };
      parts.limits = fill(phrases[name], ends);
      key = "excluded_" + column;
    }
    return fill(phrases[key], parts);
  }

  const fill = (text, parts) => text.replace(/\{(\w+)\}/g, (_, name) => parts[name]);

  function describe(found, phrases) {
    if (found.cents === null) return "The policy does not say what this value counts as.";
    if (found.out) return sentence(found, phrases);
    const free = found.free < 1e15 ? cents(BigInt(Math.round(found.free))) : "more than that";
    return {
      free: "No minimum or maximum applies.",
      enough: "There is enough for everybody: this is the most allowed.",
      floor: `The formula gives ${free}; the minimum applies.`,
      cap: `The formula gives ${free}; the maximum applies.`,
      loss: `The formula gives ${free}; no voucher is larger than the loss.`,
    }[found.why];
  }

  const result = (award, phrases) => ({
    cents: award.cents === null ? null : String(award.cents),
    reason: award.out ? award.out.reason : "eligible",
    text: describe(award, phrases),
  });

  function startCalculator() {
    const form = document.getElementById("calculator");
    if (!form) return;
    const { policies, phrases } = JSON.parse(document.getElementById("policies").textContent);
    const shown = form.querySelector("output");
    const field = name => form.elements.namedItem(name);
    const read = (name, fallback) => {
      const input = field(name);
      if (!input) return fallback;
      const value = parseFine(input.value);
      const bad = value === null || (name === "loss" && value < 0n);
      input.setAttribute("aria-invalid", String(bad));
      return bad ? null : value;
    };
    // For tests, and for anybody who wants a list: amounts as text, and the rest as asked.
    window.voucher = (loss, net = "0", told = {}) => {
      const facts = { compensated: false, columns: {}, ...told };
      return policies.map(each => result(award(each, parseFine(loss), parseFine(net), facts), phrases));
    };
    const update = () => {
      const [loss, net] = [read("loss", null), read("net_assets", 0n)];
      shown.replaceChildren();
      if (loss === null || net === null) {
        shown.append("Enter amounts in dollars, such as 1,250.00.");
        return;
      }
      const told = { compensated: Boolean(field("compensated")?.checked), columns: {} };
      for (const select of form.querySelectorAll("select")) told.columns[select.dataset.column] = select.value;
      for (const policy of policies) {
        const found = award(policy, loss, net, told);
        const line = document.createElement("p");
        const name = policies.length > 1 ? policy.name + ": " : "";
        const amount = document.createElement("strong");
        amount.textContent = found.cents === null ? "" : cents(found.cents);
        line.append(name, amount, " " + describe(found, phrases));
        shown.append(line);
      }
    };
    form.hidden = false;
    form.addEventListener("input", update);
    form.addEventListener("submit", event => event.preventDefault());
    update();
  }

  // What a cell sorts by: its first amount, or its text; nothing that is withheld comes before.
  function key(cell) {
    const text = cell ? cell.textContent.trim() : "";
    if (!text || text === "withheld" || text === "\u2013") return null;
    const found = /^(?:from |\u2212|-|\$)*([\d,]*\.?\d+)([km%]?)/.exec(text);
    if (!found) return text.toLowerCase();
    const sign = /^(?:from )?[\u2212-]/.test(text) ? -1 : 1;
    const times = { k: 1e3, m: 1e6 }[found[2]] || 1;
    return sign * Number(found[1].replaceAll(",", "")) * times;
  }

  function compare(a, b, sign) {
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a === typeof b) return a < b ? -sign : a > b ? sign : 0;
    return typeof a === "string" ? 1 : -1;
  }

  function makeSortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const last = rows.filter(row => row.dataset.fixed !== undefined); // the sum stays below
    heads.forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const order = before === "ascending" ? "descending" : before === "descending" ? null : "ascending";
        heads.forEach(each => each.removeAttribute("aria-sort"));
        if (order) head.setAttribute("aria-sort", order);
        const sign = order === "descending" ? -1 : 1;
        const sorted = rows.filter(row => !last.includes(row));
        if (order) sorted.sort((a, b) => compare(key(a.cells[column]), key(b.cells[column]), sign));
        body.append(...sorted, ...last);
      });
    });
  }

  document.querySelectorAll("table.sortable").forEach(makeSortable);
  startCalculator();
})();
