# Le réseau de paiement dans l’arrière-boutique : coffre, commutateur, liaisons avec la banque, réponses sans question.

office-network = Réseau de paiement
network-help = Le coffre garde les cartes, le commutateur parle à la banque par plusieurs liaisons. Cette page regarde et ne change rien.
network-none = Cette boutique n’a pas de réseau de paiement à elle : les cartes sont prises sur la page d’un prestataire, ou ne le sont pas.
network-none-docs = Ce que demande un coffre à soi est écrit dans la documentation :
network-docs = Que faire dans chaque cas est écrit dans la documentation :
network-asked = État au
network-again = Regarder de nouveau
network-well = Rien ne demande l’intervention de quelqu’un.
network-mending = Une liaison est coupée ou muette : les paiements passent par une autre, et le commutateur essaie de nouveau. Au bout de dix minutes, quelqu’un doit s’en occuper.
network-open = Voir le réseau de paiement
network-since = depuis le
network-oldest = le plus ancien depuis le
network-pays = Paiement par carte
network-yes = possible
network-no = impossible
network-vault = Coffre
network-vault-open = ouvert
network-vault-sealed = scellé
network-switch = Commutateur
network-answers = répond
network-silent = ne répond pas
network-unusable = répond, mais pas ce qui est demandé : son journal dit pourquoi
network-in-flight = Attendent une réponse
network-queued = À confirmer par la banque
network-in-doubt = Paiements dans le doute

network-concern-vault-sealed = Le coffre est scellé : aucune carte ne peut être prise tant que trois dépositaires ne l’ont pas ouvert.
network-concern-vault-silent = Le coffre ne répond pas : aucune carte ne peut être prise.
network-concern-switch-silent = Le commutateur ne répond pas : aucun paiement par carte ne peut être demandé ni encaissé.
network-concern-no-carrier = Aucune liaison n’atteint la banque : les paiements par carte ne partent pas.
network-concern-carriers-down = { $count ->
    [one] Une liaison avec la banque est coupée depuis plus de dix minutes : les paiements passent par une autre.
   *[other] { $shown } liaisons avec la banque sont coupées depuis plus de dix minutes : les paiements passent par une autre.
  }
network-concern-queue-waits = { $count ->
    [one] Un message attend depuis plus de dix minutes que la banque le confirme.
   *[other] { $shown } messages attendent que la banque les confirme, le plus ancien depuis plus de dix minutes.
  }
network-concern-in-doubt = { $count ->
    [one] Un paiement est dans le doute : son annulation n’est pas encore confirmée.
   *[other] { $shown } paiements sont dans le doute : leur annulation n’est pas encore confirmée.
  }
network-concern-batches-refused = { $count ->
    [one] La banque a refusé une remise.
   *[other] La banque a refusé { $shown } remises.
  }
network-concern-contradicted = { $count ->
    [one] Une réponse tardive de la banque contredit celle qui compte : demandez à la banque ce qu’il en est.
   *[other] { $shown } réponses tardives de la banque contredisent celles qui comptent : demandez à la banque ce qu’il en est.
  }

network-carrier = Liaison { $place }
network-standing = État
network-up = établie
network-doubted = établie, mais muette à la dernière question
network-down = coupée
network-address = Adresse
network-answered = Réponses
network-unanswered = Sans réponse
network-mean = Durée moyenne
network-longest = La plus longue
network-minute = Minute
network-times = Durée des réponses
network-times-none = Aucune réponse dans la dernière heure.
network-times-told = Réponses de la dernière heure : { $answered }. Durée moyenne : { $mean } ; la plus longue : { $longest }.
network-times-drawn = Une barre pour chaque minute de la dernière heure : en bas la durée moyenne, au-dessus ce que la plus longue dure de plus. Le tableau donne les nombres.
network-minute-times = { $mean } en moyenne, { $longest } au plus
network-errors = Messages sans réponse et connexions perdues
network-errors-none = Rien de tel dans la dernière heure.
network-errors-told = Messages sans réponse : { $unanswered }. Connexions perdues ou refusées : { $failed }.
network-errors-drawn = Une barre pour chaque minute de la dernière heure : en bas les messages sans réponse, au-dessus les connexions perdues ou refusées. Le tableau donne les nombres.
network-timed-out = Pas à temps
network-lost = Connexion perdue
network-overtaken = Devancée par une autre
network-sessions-failed = Connexions perdues ou refusées

network-clearing = Compensation
network-batch = Dernière remise
network-batch-none = aucune
network-uncleared = Pour la prochaine
network-untaken = Pas encore acceptées
network-refused = Refusées
network-unclearable = Impossibles à remettre
network-bank = Remises, relevés et écarts

network-strays = Réponses sans question
network-strays-help = Les dernières réponses que personne n’attendait, comparées au journal. Aucune ne fait d’un paiement refusé un paiement accepté : ce que la banque accepte trop tard est annulé. Un double après une panne de liaison est normal ; une réponse à rien, ou qui contredit la première, ne l’est pas.
network-strays-unkept = Trop sont venues à la fois : { $shown } n’ont pas été gardées depuis le démarrage du commutateur.
network-strays-none = Aucune.
network-when = Reçue le
network-class = Sorte
network-message = Message
network-stan = Trace
network-code = Code
network-by = Liaison
network-reason = Pourquoi personne ne l’attendait
network-finding = Ce que disait alors le journal
finding-agrees = La même chose.
finding-open = Aucune réponse n’était encore inscrite quand elle est venue.
finding-taken-back = Elle accepte un paiement qui n’a plus lieu d’être : il est annulé.
finding-contradicts = Elle contredit la réponse qui compte : demandez à la banque.
finding-other = Le journal du commutateur le dit.
network-message-0110 = réponse à une autorisation
network-message-0210 = réponse à un remboursement
network-message-0230 = réponse à un encaissement
network-message-0410 = réponse à une annulation
network-message-0810 = réponse du réseau
stray-class-duplicate = double
stray-class-late = tardive
stray-class-unmatched = sans question
stray-answered-before = Le message avait déjà reçu sa réponse.
stray-other-carrier = Le message était parti par deux liaisons, et l’autre avait été plus rapide.
stray-timed-out = Elle est venue après le délai ; le paiement était déjà dans le doute.
stray-connection-lost = La connexion par laquelle la question était partie avait été perdue.
stray-never-sent = Aucun message parti n’appelle cette réponse.
stray-nameless = Elle ne dit pas à quoi elle répond : il y manque le terminal ou le numéro de trace.
stray-request = Ce n’est pas une réponse mais une demande, à laquelle la boutique ne répond pas.
stray-unreadable = Ce n’est pas un message : le journal du commutateur dit ce qui ne se lit pas.
stray-other = Pour une raison que cette version ne connaît pas : le journal du commutateur la dit.
