# Suppliers' covers.

office-covers = Covers
office-covers-help = Pictures of covers that suppliers announce are fetched, checked and kept in several sizes. Without a picture the cover is drawn.
office-covers-off = This shop fetches nothing. The setting covers.fetch allows it.
office-covers-none = Nothing was refused, nothing failed.
office-covers-troubles = Recent refusals and failures
office-covers-reason = Reason
office-covers-tried = Last tried
office-covers-next = Next try
office-covers-again-column = Once more
office-covers-again = Try again
office-covers-all-again = Try all again
office-covers-told = { $count ->
    [0] There is no cover to try again.
    [one] { $shown } cover is queued again.
   *[other] { $shown } covers are queued again.
  }
cover-state-kept = Shown
cover-state-waiting = To be fetched
cover-state-failing = Failing
cover-state-refused = Refused
cover-reason-link = The link is no address that may be followed.
cover-reason-private-address = The link leads to a private address.
cover-reason-redirects = The link leads on from address to address.
cover-reason-answer = The server does not give the picture.
cover-reason-too-large = The file is too large.
cover-reason-too-many-pixels = The picture has too many pixels.
cover-reason-too-small = The picture is too small for a cover.
cover-reason-type = It is not a JPEG, PNG, WebP or GIF picture.
cover-reason-damaged = The picture is damaged.
cover-reason-unreachable = The server does not answer.
cover-reason-slow = The server is too slow.
cover-reason-disk = The picture could not be stored here.
