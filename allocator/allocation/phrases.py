"""What a customer is told, as templates: at most 60 words, no jargon; translate this file."""

from collections.abc import Mapping

__all__ = ["ENGLISH"]

ENGLISH: Mapping[str, str] = {
    "lost": "You lost {loss}, {ratio} of your net assets.",
    "lost_only": "You lost {loss}.",
    "formula": "Every voucher is {formula}: {numbers} = {amount}.",
    "same_for_all": "Every voucher is {amount} before the minimum and maximum.",
    "in_short": "The formula that is published for this program gives {amount}.",
    "ranked": "Vouchers go to users by rank; yours is {amount}.",
    "caps_reached": "There was enough for everybody: your voucher is {award}, the most allowed.",
    "left": "Your voucher is {award}: that is what the budget leaves.",
    "free": "No minimum or maximum applied.",
    "floor": "The minimum applied: your voucher is {award}.",
    "cap": "The maximum applied: your voucher is {award}.",
    "own_cap": "What you may get in all is limited: your voucher is {award}.",
    "loss": "No voucher is larger than the loss: yours is {award}.",
    "by_rule": "Every voucher is {formula}; for you, {amount}.",
    "by_few": "The rule: {idea}. Your voucher is {award}.",
    "group_cap": "All vouchers of your group ({group}) may not exceed {bound} together: yours is "
    "{award}.",
    "group_floor": "All vouchers of your group ({group}) come to at least {bound} together: yours "
    "is {award}.",
    "group_recovery": "Your group ({group}) is to recover together at least {bound} of what all "
    "users do: your voucher is {award}.",
    "group_several": "The totals of several groups that you are in ({group}) are bounded: your "
    "voucher is {award}.",
    "group_share": "The budget was divided among groups first, by their losses. All vouchers of "
    "your group ({group}) come out of its share: yours is {award}.",
    "odd_cent": "Cents are rounded so that all vouchers add up: your voucher is {award}.",
    "unit": "Vouchers are multiples of {unit}: yours is {award}.",
    "already_compensated": "You have already been compensated, so this program pays no voucher.",
    "excluded": "Accounts of your kind ({column}) do not take part in this program.",
    "excluded_user_id": "Your account is on the list of those that do not take part in this "
    "program.",
    "excluded_net_assets": "Your net assets at the snapshot were {actual}. Accounts with net "
    "assets {limits} do not take part in this program.",
    "excluded_liquidation_loss": "You lost {actual}. Accounts with losses {limits} do not take "
    "part in this program.",
    "limits_from": "of {least} or more",
    "limits_up_to": "of {most} or less",
    "limits_between": "from {least} to {most}",
    "together": "All your {accounts} accounts count together.",
    "account": "Your {accounts} accounts count together: their {total} is split by loss, and this "
    "account gets {award}.",
    "kept": "You have already received {paid}. You keep it; by the rules as they are now, nothing "
    "more is due.",
    "paid": "Of this, {paid} has already been paid, and {due} is due now.",
    "set_aside": "The record of your account could not be used as it was, so no voucher has been "
    "computed for it.",
    "loss_below_minimum": "You lost {actual}. A voucher needs a loss of at least {required}: "
    "yours is {short} less.",
    "no_snapshot": "There is no record of your net assets at the snapshot, so the share that you "
    "lost is unknown and no voucher can be paid.",
    "no_net_assets": "Your net assets at the snapshot were {actual}. A voucher needs net assets "
    "above zero, so none can be paid.",
    "loss_ratio_below_minimum": "You lost {actual}. A voucher needs a loss of at least {minimum} "
    "of net assets, which is {required} for you: yours is {short} less.",
    "dropped_below_minimum": "Your share would be less than {required}. This program does not pay "
    "shares below that; the money goes to the others.",
    "own_cap_below_minimum": "What you may get in all is limited: {actual} is left. The smallest "
    "voucher is {required}, so none can be paid.",
    "cap_below_minimum": "You lost {actual}. No voucher is larger than the loss, and the smallest "
    "is {required}, so none can be paid.",
}
