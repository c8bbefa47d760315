# The accounts of the back office: passwords, sessions, second factor.

office-account = My account
office-sessions = My open sessions
office-sessions-help = A session ends after { $idle } minutes without use, and after { $whole } hours in any case. If you do not recognise one, end it and change your password.
office-sessions-end = { $count ->
    [one] End the other session
   *[other] End the { $shown } other sessions
  }
office-session-browser = Browser and address
office-session-opened = Opened
office-session-seen = Last used
office-session-end = End
office-session-this = this one
office-session-unknown = unknown browser
office-told-session-ended = Session ended.

office-password-current = Current password
office-password-change = Change the password
office-password-rules = At least { $min } characters; a sentence is safer and easier to remember. Neither the name of the shop, nor yours, nor a password that everybody tries.
office-password-owed = The password that was given to you lets you in once. Choose your own; nobody else will know it.
office-password-same = The new password is the current one. Choose another.
office-password-common = This password is among the commonest of those that leaked elsewhere. Choose another.
office-password-obvious = This password holds the name of the shop, yours or your login, or is hardly more than a word that everybody tries. Choose another.
office-told-own-password = Password changed; your other sessions are closed.
office-not-proven = The password or the code is wrong. Nothing has changed.

office-password-give = Give a one-time password
office-password-give-help = The shop draws a password and shows it once. The old one is void, the sessions of the account end, and a closed account opens again.
office-told-own-password-here = Your own password is changed under “My account”.
office-one-time = One-time password
office-given-help = It is shown now and never again. Hand it over in person or by telephone: it lets in until { $until }, and the next page asks for another of her own.
office-staff-back = Back to the accounts
office-staff-new-help = The shop draws a one-time password and shows it once.

office-factor = Second factor
office-factor-has = second factor
office-factor-none-all = This shop asks everybody for one.
office-factor-none-money = Without a second factor, refunds, the bank, gift certificates and accounts stay closed to you.
office-factor-none-optional = You have none. A stolen password would be enough to enter under your name.
office-factor-wanted-all = This shop asks everybody for a second factor. Set yours up to go on.
office-factor-wanted-money = This page is about money or accounts: it asks for a second factor. Set yours up to enter.
office-factor-wanted-optional = Set up your second factor.
office-factor-there = At each entry, a code of your app is asked for after the password.
office-factor-set-up = Set up the second factor
office-factor-other = Change the device, or print new recovery codes
office-factor-replaces = The device and the recovery codes of before will be void.
office-factor-scan = With an authenticator app (Aegis, FreeOTP, Google Authenticator or another), read this square:
office-factor-picture = QR code of the secret, for the app to read
office-factor-type = Or type this secret there:
office-factor-code = Code that the app shows now
office-factor-remove = Remove the second factor
office-factor-remove-help = The password will be enough again. Your other sessions end.
office-factor-take = Remove the second factor
office-factor-take-help = For who has lost device and recovery codes. Make sure first that it is really them. Their sessions end.
office-told-factor = The second factor is set up; your other sessions are closed.
office-told-factor-removed = Second factor removed.
office-told-factor-kept = The second factor stays: this shop asks for one. Only an administrator removes it.
office-code = Code
office-code-help = The six digits that your app shows, or a recovery code.
office-recovery = Recovery codes
office-recovery-help = Print these codes or copy them, and keep them away from the computer. Each lets you in once without the device. They are never shown again.
office-recovery-kept = They are in a safe place: go on

office-action-staff-own_password = changed her password
office-action-staff-end = ended sessions
office-action-staff-factor = second factor set up
office-action-staff-factor_off = second factor removed
office-action-staff-recovery = entered by a recovery code; codes left
