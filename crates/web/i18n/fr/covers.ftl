# Les couvertures des fournisseurs.

office-covers = Couvertures
office-covers-help = Les images de couverture annoncées par les fournisseurs sont téléchargées, vérifiées et gardées en plusieurs tailles. Sans image, la couverture est dessinée.
office-covers-off = Cette boutique ne télécharge rien. Le réglage covers.fetch l’y autorise.
office-covers-none = Aucun refus, aucun échec.
office-covers-troubles = Refus et échecs récents
office-covers-reason = Raison
office-covers-tried = Dernier essai
office-covers-next = Prochain essai
office-covers-again-column = Recommencer
office-covers-again = Réessayer
office-covers-all-again = Tout réessayer
office-covers-told = { $count ->
    [0] Aucune couverture à réessayer.
    [one] { $shown } couverture est de nouveau dans la file d’attente.
   *[other] { $shown } couvertures sont de nouveau dans la file d’attente.
  }
cover-state-kept = Affichées
cover-state-waiting = À télécharger
cover-state-failing = En échec
cover-state-refused = Refusées
cover-reason-link = Le lien n’est pas une adresse qui peut être suivie.
cover-reason-private-address = Le lien mène à une adresse privée.
cover-reason-redirects = Le lien renvoie d’une adresse à l’autre.
cover-reason-answer = Le serveur ne donne pas l’image.
cover-reason-too-large = Le fichier est trop lourd.
cover-reason-too-many-pixels = L’image est trop grande.
cover-reason-too-small = L’image est trop petite pour une couverture.
cover-reason-type = Ce n’est pas une image JPEG, PNG, WebP ou GIF.
cover-reason-damaged = L’image est abîmée.
cover-reason-unreachable = Le serveur ne répond pas.
cover-reason-slow = Le serveur est trop lent.
cover-reason-disk = L’image n’a pas pu être enregistrée ici.
