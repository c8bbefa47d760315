# Panier

basket-title = Votre panier
basket-lines = Livres du panier
basket-empty = Votre panier est vide.
basket-go-on = Parcourir les rayons
basket-update = Mettre à jour
basket-remove = Retirer
basket-sum = En tout
basket-books =
    { $count ->
        [one] { $shown } livre
       *[other] { $shown } livres
    }
basket-checkout = Commander
basket-guest = Aucun compte à créer.
basket-put-right = Une ligne du panier ne peut pas être commandée telle quelle. Changez-la ou retirez-la pour continuer.
basket-collect-hint = Le retrait à la librairie est gratuit.
line-not-buyable = Ce livre ne peut plus être commandé.
line-at-most =
    { $count ->
        [0] Le dernier exemplaire vient de partir.
        [one] Il ne reste que { $shown } exemplaire.
       *[other] Il ne reste que { $shown } exemplaires.
    }
delivery = Livraison
delivery-post = Livraison par la poste
delivery-collect = Retrait à la librairie
delivery-post-hint = En France et à Monaco
delivery-collect-hint = Nous vous écrivons dès que c’est prêt
by-post = par la poste
by-collect = retrait
total = Total
total-with-delivery = Total, livraison comprise
total-vat-included = Tous les prix sont TTC.
goods-total = Livres

# Commande

checkout-title = Votre commande
checkout-to-basket = Voir le panier
checkout-errors =
    { $count ->
        [one] Une chose est à corriger
       *[other] { $shown } choses sont à corriger
    }
step-delivery = Livraison
step-contact = Où vous écrire
step-address = Adresse
step-summary = Récapitulatif
field-email = Adresse e-mail
field-name = Nom
field-street = Rue
field-postcode = Code postal
field-city = Ville
field-country = Pays
field-missing = merci de remplir ce champ.
field-too-long =
    { $count ->
        [one] il y a de la place pour { $shown } caractère au plus.
       *[other] il y a de la place pour { $shown } caractères au plus.
    }
field-too-many-lines =
    { $count ->
        [one] une étiquette a { $shown } ligne au plus.
       *[other] une étiquette a { $shown } lignes au plus.
    }
field-unprintable = il contient un caractère qui ne peut pas être imprimé.
field-bad-postcode = ce n’est pas un code postal de ce pays, comme 75005.
field-bad-email = ce n’est pas une adresse complète, comme jeanne@example.org.
field-not-delivered = nous n’y livrons pas encore. Nous livrons en France métropolitaine, en Corse et à Monaco.
hint-email = Pour la confirmation et le lien vers votre commande, jamais pour de la publicité.
hint-collect-address = Pour le reçu ; rien n’y est envoyé.
country-FR = France
country-MC = Monaco
pay-button = Commander avec obligation de paiement
step-means = Paiement
means-card = Carte bancaire
means-provider = Carte ou autre, chez notre prestataire
means-transfer = Virement bancaire
means-collection = En librairie, au retrait
pay-next-card = Vous donnerez ensuite votre carte sur la page de notre coffre. La librairie n’en voit jamais le numéro.
pay-next-provider = Vous paierez ensuite sur la page de notre prestataire. La librairie ne voit jamais votre carte.
pay-next-transfer = Nous vous dirons où l’envoyer. Vos livres partent quand il est arrivé, en général un ou deux jours plus tard.
pay-next-collection = En espèces ou par carte, quand vous venez chercher vos livres.
pay-terms = En commandant, vous acceptez les
pay-terms-link = conditions de vente
free = gratuit
cards-closed = Le paiement par carte n’est pas disponible pour le moment.
cards-closed-words = Vous pouvez commander : vos livres vous sont réservés une demi-heure, et vous payez depuis la page de la commande dès que c’est de nouveau possible.
cards-closed-others = Choisissez un autre moyen de paiement, ou commandez maintenant et payez par carte plus tard, depuis la page de la commande.
cards-closed-kept = Le coffre qui garde les cartes est fermé. Votre commande n’est pas perdue.
notice-means = Ce moyen de paiement ne convient pas à cette livraison
notice-means-words = Rien n’a été commandé. Choisissez un autre moyen de paiement, ou le retrait à la librairie.
notice-price = Le total a changé
notice-price-words = Il était de { $was }, il est maintenant de { $now }. Rien n’a été commandé. Si cela vous convient, commandez de nouveau ci-dessous.
notice-stock = « { $title } » : quelqu’un a été plus rapide
notice-stock-words =
    { $count ->
        [0] Il ne reste aucun exemplaire. Rien n’a été commandé ni débité.
        [one] Il ne reste que { $shown } exemplaire. Rien n’a été commandé ni débité.
       *[other] Il ne reste que { $shown } exemplaires. Rien n’a été commandé ni débité.
    }
notice-gone = « { $title } » ne peut plus être commandé
notice-gone-words = Rien n’a été commandé ni débité. Retirez-le du panier pour continuer.
notice-already = Ce formulaire a déjà servi à commander
notice-already-words = Depuis, quelque chose y a changé. Si vous voulez une seconde commande, envoyez encore une fois le formulaire ci-dessous.

# Après la carte

declined-title = Votre banque a refusé
declined-means = Rien n’a été débité. Nous vous gardons vos livres une demi-heure : vous pouvez essayer une autre carte.
decline-insufficient_funds = La banque indique que la provision est insuffisante.
decline-expired_card = La banque indique que la carte a expiré.
decline-incorrect_csc = Les trois ou quatre chiffres au dos de la carte ne sont pas les bons.
decline-lost_or_stolen = La banque indique que cette carte est déclarée perdue ou volée. Appelez votre banque.
decline-suspected_fraud = La banque n’est pas sûre que ce soit vous. Appelez votre banque.
decline-limit_exceeded = Le plafond de la carte est atteint.
decline-not_permitted = Cette carte ne permet pas ce genre d’achat.
decline-invalid_card = La banque ne connaît pas ce numéro de carte.
decline-issuer_unavailable = Votre banque est injoignable en ce moment. Réessayer plus tard peut suffire.
decline-do_not_honour = La banque ne donne pas de raison. Elle vous la dira si vous l’appelez.
unanswered-title = Votre banque n’a pas répondu
unanswered-what = Nous avons interrogé votre banque, sans réponse : nous ne savons donc pas si elle a mis le montant de côté. Nous avons abandonné la commande et demandé à la banque de lever ce qu’elle aurait pu réserver.
unanswered-means = Vous ne serez pas débité. Si votre compte montre une réservation, votre banque la lève, en général en quelques jours. Votre panier est resté tel quel.
not-sent-title = Le paiement n’a pas pu partir
not-sent-what = Notre ligne vers la banque est coupée. La banque n’a pas été interrogée et rien n’a été réservé.
not-sent-means = Rien n’a été débité. Nous vous gardons vos livres : réessayez dans quelques minutes.
provider-closed-title = La page de paiement ne s’ouvre pas
provider-closed-what = Notre prestataire de paiement est injoignable pour le moment. Rien n’a été réservé.
page-closed-title = La page de paiement s’est fermée
page-closed-what = Elle s’est fermée avant que vous ayez payé. Rien n’a été réservé.
page-closed-means = Rien n’a été débité. Tant que vos livres sont gardés, vous pouvez payer comme vous le souhaitez.
too-late-title = Votre paiement est arrivé trop tard
too-late-what = Quand il nous est parvenu, la commande ne l’attendait plus : son délai était passé, la somme due avait changé, ou vous aviez choisi un autre moyen de paiement.
too-late-means = Vous ne serez pas débité. La réservation est levée ; votre compte le montre en général sous quelques jours.
pay-again = Essayer une autre carte
pay-retry = Réessayer de payer
order-see = Voir la commande

# Commandes

order = Commande
order-heading = Commande { $number }
order-timeline = Où elle en est
order-possible = Ce que vous pouvez faire
order-lines = Ce que vous avez commandé
order-figures = Montants
order-asking = Votre banque n’a pas encore répondu. Cette page en saura plus dans un instant.
order-reload = Regarder de nouveau
order-held-until = Vos livres vous sont gardés jusqu’au { $time }.
order-pay = Payer maintenant
order-pay-otherwise = Payer autrement
means-title = Comment voulez-vous payer ?
means-amount = { $amount } à payer. Vos livres vous sont gardés jusqu’au { $time }.
means-go = Continuer
transfer-how = Envoyez ce virement depuis votre banque. Indiquez bien la référence : elle dit que c’est votre commande.
transfer-holder = Au nom de
transfer-iban = IBAN
transfer-amount = Montant exact
transfer-reference = Référence
transfer-until = Sans virement, la commande est abandonnée le { $time }. Rien n’est dû alors.
order-change = Jusqu’au départ du colis, vous pouvez annuler la commande ou changer l’adresse : écrivez-nous avec le numéro de la commande.
order-write = Écrire au libraire
order-withdraw = Vous pouvez rendre des livres dans les quatorze jours qui suivent leur réception, sans donner de raison.
order-nothing = Il n’y a plus rien à faire pour cette commande.
order-state-awaiting_payment = La commande attend son paiement.
order-state-confirmed = La commande est payée. Nous la préparons.
order-state-partly = Une partie de la commande est en route. Nous préparons le reste.
order-state-collection = La commande est confirmée. Vous la payez en venant la chercher.
order-state-transfer = La commande attend votre virement.
order-state-provider = Vous avez été dirigé vers la page de notre prestataire pour payer. Aucun paiement ne nous est encore parvenu ; dès que c’est le cas, cette page le dit.
order-state-shipped = La commande a quitté la librairie.
order-state-refunded = La commande a été remboursée.
order-state-expired = La commande n’a pas été payée à temps. Rien n’a été débité, et les livres sont revenus en rayon.
order-state-cancelled = La commande a été annulée. Rien n’est débité.
step-received = Reçue
step-payment = Paiement
step-paid = Payée : le montant est réservé sur votre carte
step-paid-by-certificate = Payée par chèque-cadeau
step-agreed = Confirmée : vous payez en librairie
step-transferred = Payée par virement
step-part-sent = Un colis est parti
step-packed = En préparation
step-sent = En route
step-ready = Prête à la librairie
step-refunded = Remboursée
step-expired = Abandonnée : pas payée à temps
step-cancelled = Annulée
step-later = à venir
step-now = en ce moment
payment-awaiting_reader = En attente de votre paiement.
payment-awaits-transfer = En attente de votre virement.
payment-at-provider = À payer sur la page de notre prestataire.
payment-page-closed = La page du prestataire s’est fermée avant le paiement ; rien n’est débité.
payment-transferred = Payé par virement.
payment-at-collection = À payer en librairie.
payment-at-the-till = Payé en librairie.
payment-dropped = Remplacé par un autre paiement.
paid-by-certificate = Dont { $amount } par chèque-cadeau.
given-back = { $amount } vous ont été rendus.
line-sent = dont { $copies } en route
line-cancelled = dont { $copies } annulé
payment-authorising = Votre banque est interrogée.
payment-authorised = Réservé, débité au départ du colis.
payment-declined = Refusé par la banque.
payment-unknown = La banque n’a pas répondu ; rien n’est débité.
payment-not_sent = Pas envoyé ; rien n’est débité.
payment-capturing = Débit en cours.
payment-captured = Débité.
payment-reversing = Levée de la réservation en cours.
payment-reversed = La réservation est levée.
payment-refunding = Remboursement en cours.
payment-refunded = Remboursé.
event-placed = Passée
event-expired = Abandonnée
event-authorising = Banque interrogée
event-confirmed = Confirmée
event-chosen = Paiement choisi
event-paid = Payée
event-part_sent = Un colis est parti
event-rest_cancelled = Reste annulé
event-part_refunded = Remboursée en partie
event-declined = Refusée
event-unanswered = La banque n’a pas répondu
event-not_sent = La banque n’a pas pu être interrogée
event-too_late = Un paiement est arrivé trop tard ; il est levé
event-capturing = Débit demandé
event-shipped = Envoyée
event-cancelled = Annulée
event-reversed = Réservation levée
event-refunding = Remboursement demandé
event-refunded = Remboursée
event-disputed = Repris par la banque
event-represented = Contesté
event-dispute_won = Contestation gagnée
event-dispute_lost = Contestation perdue
event-set_aside = Virement mis de côté
event-refused = La banque a refusé
card = Carte
card-ending = { $brand } finissant par { $last4 }.
vat-at = dont TVA { $rate }
book = Livre
orders-by-mail = La confirmation que vous avez reçue contient un lien vers votre commande. Si vous l’avez perdue, retrouvez la commande ici.
orders-not-found = Il n’y a pas de commande avec ce numéro et cette adresse. Le numéro se trouve dans la confirmation et ressemble à BQ-7K3M-Q9XZ.
orders-number = Numéro de commande
orders-number-hint = Par exemple BQ-7K3M-Q9XZ
orders-open = Ouvrir la commande

certificate = Chèque-cadeau
certificate-have = J’ai un chèque-cadeau
certificate-code = Code du chèque-cadeau
certificate-code-hint = Seize lettres et chiffres, comme CADO-7K3M-Q9XZ-2B4T-W8VY.
certificate-use = Utiliser ce chèque-cadeau
certificate-pays = Vos chèques-cadeaux paient { $amount } de cette commande.
certificate-take-back = Ne pas les utiliser
certificate-used = Le chèque-cadeau paie sa part.
certificate-taken-back = Vos chèques-cadeaux sont de nouveau entiers.
certificate-malformed = Ce n’est pas un code complet. Il a seize lettres et chiffres.
certificate-unknown = Aucun chèque-cadeau ne peut être dépensé sous ce code. Vérifiez-le, ou demandez-nous.
certificate-expired = Ce chèque-cadeau n’est plus valable.
certificate-empty = Il ne reste rien sur ce chèque-cadeau.
certificate-not-waiting = La commande n’attend plus de paiement, ou votre banque est interrogée en ce moment.
certificate-too-fast = Trop de codes sont essayés en ce moment. Réessayez dans quelques secondes ; votre commande vous attend.
